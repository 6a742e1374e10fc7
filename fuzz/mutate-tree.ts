import { mutatedText } from "./mutate-text.ts";
import type { Random } from "./random.ts";

/** Files and links of a recorded machine, as texts. */
export interface TreeSample {
  readonly files: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
}

/** A sample with lists of its keys, so that choosing one is cheap. */
export interface IndexedSample extends TreeSample {
  readonly paths: readonly string[];
  readonly linkPaths: readonly string[];
}

export function indexed({ files, links }: TreeSample): IndexedSample {
  return { files, links, paths: [...files.keys()], linkPaths: [...links.keys()] };
}

/** Contents of other machines' files: lists, masks, numbers, and the kernel's texts for unknown. */
const contents = [
  "",
  "\n",
  "-1\n",
  "0\n",
  "0-3\n",
  "00000000,0000000f\n",
  "Unknown\n",
  "ff\n",
  "\0",
];

const targets = [
  "..",
  "/",
  ".",
  "",
  "../../../../../../..",
  "/sys/bus/pci/devices",
  "../0000:00:00.0",
];

/** The most entries that a grown tree gains. */
const grownEntries = 3000;

/** Repeats a directory, or an entry of it, under many numbers: processes, nodes, functions. */
function grow(
  sample: IndexedSample,
  files: Map<string, string>,
  links: Map<string, string>,
  random: Random,
): void {
  const ofLinks = sample.linkPaths.length > 0 && random.once(2);
  const path = random.of(ofLinks ? sample.linkPaths : sample.paths);
  const numbers = [...path.matchAll(/[0-9a-f]*\d[0-9a-f]*/g)];
  if (numbers.length === 0) return;
  const { index, 0: digits } = random.of(numbers);
  // The whole entry that the number is part of, `/proc/4711/` or `/sys/…/node0/`.
  const end = path.indexOf("/", index + digits.length);
  const prefix = end < 0 ? path : path.slice(0, end + 1);
  const isBelow = (each: string): boolean => each === prefix || each.startsWith(prefix);
  const ownFiles = sample.paths.filter(isBelow);
  const ownLinks = sample.linkPaths.filter(isBelow);
  const base = /^\d+$/.test(digits) ? random.of([10, 16]) : 16;
  const times = Math.floor(grownEntries / Math.max(1, ownFiles.length + ownLinks.length));
  for (let i = 1; i <= times; i++) {
    const number = (Number.parseInt(digits, base) + i).toString(base).padStart(digits.length, "0");
    const moved = (each: string): string =>
      each.slice(0, index) + number + each.slice(index + digits.length);
    for (const each of ownFiles) files.set(moved(each), sample.files.get(each) ?? "");
    for (const each of ownLinks) links.set(moved(each), sample.links.get(each) ?? "");
  }
}

/**
 * Mutates a tree: changes, removes, moves, repeats or exchanges one to eight files or links. One in
 * twenty also grows.
 */
export function mutatedTree(sample: IndexedSample, random: Random): TreeSample {
  const files = new Map(sample.files);
  const links = new Map(sample.links);
  if (random.once(20)) grow(sample, files, links, random);
  for (let left = 1 + random.below(8); left > 0; left--) {
    const onLinks = sample.linkPaths.length > 0 && random.once(4);
    if (onLinks) mutateLinks(sample, links, random);
    else mutateFiles(sample, files, random);
  }
  return { files, links };
}

function mutateFiles(sample: IndexedSample, files: Map<string, string>, random: Random): void {
  const path = random.of(sample.paths);
  const content = files.get(path) ?? "";
  const other = files.get(random.of(sample.paths)) ?? "";
  switch (random.below(8)) {
    case 0:
      files.delete(path);
      break;
    case 1:
      files.set(path, random.of(contents));
      break;
    case 2:
      files.set(path, other);
      break;
    case 3:
      // The same file again, under another number.
      files.set(renumbered(path, random), content);
      break;
    case 4:
      repeatDirectory(sample, files, path, random);
      break;
    case 5:
      removeDirectory(sample, files, path);
      break;
    default:
      files.set(path, mutatedText(content, [other, "0-3\n"], random));
  }
}

function mutateLinks(sample: IndexedSample, links: Map<string, string>, random: Random): void {
  const path = random.of(sample.linkPaths);
  const link = links.get(path) ?? "";
  switch (random.below(6)) {
    case 0:
      links.delete(path);
      break;
    case 1:
      links.set(path, random.of(targets));
      break;
    case 2:
      links.set(path, links.get(random.of(sample.linkPaths)) ?? "");
      break;
    case 3:
      links.set(renumbered(path, random), link);
      break;
    case 4:
      // In place of a file or a directory.
      links.set(random.of(sample.paths), link);
      break;
    default:
      links.set(path, mutatedText(link, [path], random));
  }
}

/** A path with one of its numbers changed. */
function renumbered(path: string, random: Random): string {
  const numbers = [...path.matchAll(/[0-9a-f]*\d[0-9a-f]*/g)];
  if (numbers.length === 0) return `${path}0`;
  const match = random.of(numbers);
  const by = random.of([
    "0",
    "1",
    "7",
    "63",
    "1023",
    "4095",
    "65535",
    "65536",
    "99999999999",
    "ff",
  ]);
  return path.slice(0, match.index) + by + path.slice(match.index + match[0].length);
}

function repeatDirectory(
  sample: IndexedSample,
  files: Map<string, string>,
  path: string,
  random: Random,
): void {
  const directory = path.slice(0, path.lastIndexOf("/"));
  const copy = renumbered(directory, random);
  for (const each of sample.paths) {
    if (!each.startsWith(`${directory}/`)) continue;
    files.set(copy + each.slice(directory.length), files.get(each) ?? "");
  }
}

function removeDirectory(sample: IndexedSample, files: Map<string, string>, path: string): void {
  const directory = path.slice(0, path.lastIndexOf("/"));
  for (const each of sample.paths) if (each.startsWith(`${directory}/`)) files.delete(each);
}
