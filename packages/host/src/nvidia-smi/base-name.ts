/** What a machine is called that its source does not name: the file, without folder and ending. */
export function baseName(where: string): string {
  return where.slice(where.lastIndexOf("/") + 1).replace(/\.[A-Za-z]{1,5}$/, "");
}
