/** Whether a VM's name is safe in a path and on a command line. */
export function isSafeName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+@:-]{0,127}$/.test(name);
}
