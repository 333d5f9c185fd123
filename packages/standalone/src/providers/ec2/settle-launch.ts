import type { LaunchIntent } from '../../pool/launch-intent.js';
import type { RecordFolder } from '../../pool/record-folder.js';
import type { CallOptions } from './call.js';
import { classOf } from './cloud-error.js';
import type { Ec2Api } from './ec2-client.js';
import type { SealedLaunch } from './sealed-launches.js';

/**
 * Removes what was kept to send an intent's requests again: launch templates, then the sealed files here. Both hold a machine's first host key, and its user
 * data. To be called once nobody will send them again; a machine that runs needs none of it.
 * @throws MegalithError as `call` says; JOURNAL_FAILED
 */
export async function settleLaunch(
  api: Pick<Ec2Api, 'deleteLaunchTemplateNamed'>,
  sealed: RecordFolder<SealedLaunch>,
  { tries }: Pick<LaunchIntent, 'tries'>,
  options: CallOptions = {},
): Promise<void> {
  for (const { clientToken } of tries) {
    const launch = await sealed.find(clientToken);
    const name = launch?.template?.LaunchTemplateName;
    if (typeof name === 'string') await remove(api, name, options);
    if (launch !== undefined) await sealed.change(clientToken, () => undefined, options.signal);
  }
}

async function remove(
  api: Pick<Ec2Api, 'deleteLaunchTemplateNamed'>,
  name: string,
  options: CallOptions,
): Promise<void> {
  try {
    await api.deleteLaunchTemplateNamed(name, options);
  } catch (error) {
    if (classOf(error) !== 'missing') throw error;
  }
}
