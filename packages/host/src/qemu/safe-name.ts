/** Whether a VM's name can stand in a path and on a command line without meaning anything else. */
export function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,127}$/.test(name);
}
