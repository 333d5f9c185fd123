export function environment(names: readonly string[]): (string | undefined)[] {
  return names.map(name => process.env[name]);
}

export function currentFolder(): string {
  return process.cwd();
}
