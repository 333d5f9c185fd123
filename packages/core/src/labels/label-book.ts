import type { Label } from '@megalith/agent';
export class LabelBook {
  home: string;
  constructor(home: string) {
    this.home = home;
  }
  async note(_p: string, _l: Label, _f: string) {}
  async labelsUnder(_p: readonly string[]): Promise<{ label: Label; from: string }[]> {
    return [];
  }
}
