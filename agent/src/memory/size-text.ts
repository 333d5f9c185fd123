const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;

/** Bytes as people read them, to three digits: `640KiB`, `1.5GiB`. */
export function sizeText(bytes: number): string {
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(value >= 100 ? 4 : 3))}${units[unit]}`;
}

/** A round size to ask for next: half as much again as was seen, in steps of 128 MiB, from 2 GiB on of 1 GiB. */
export function roomierSize(seenBytes: number): string {
  const wanted = seenBytes * 1.5;
  const step = wanted < 2 * gibibyte ? 128 * mebibyte : gibibyte;
  return sizeText(Math.ceil(wanted / step) * step);
}
