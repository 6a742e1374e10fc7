import { formatQuantity, GiB, KiB, MiB, parseQuantity } from "@evenkeel/core/unit/bytes.ts";
import { addressMeant, devicePatternMeant, indexListMeant, listMeant } from "./meant-list.ts";

/**
 * What was probably meant by a value that its field refuses: words that people know from other
 * tools, sizes in other units, numbers and truth values in quotes. All of it is only shown, as
 * `try`: nothing is read in another way than it is written.
 */

/** Words for the values of a field, by the field's last name, in lower case. */
const otherWords: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    "isolation",
    words({
      shared: "none no off false null overcommit floating besteffort best-effort burstable any",
      core: "dedicated exclusive pinned full yes true on strict cores cpu cpus thread smt ht guaranteed",
      l3: "llc cache l3cache ccx ccd die cluster",
      node: "numa numa-node nodes socket package nps",
      host: "machine server whole bare-metal metal all",
    }),
  ],
  [
    "locality",
    words({
      strict:
        "required hard must guaranteed restricted single-numa-node bind true yes on local numa " +
        "same-node 0 1",
      preferred: "best-effort besteffort soft prefer should",
      interleave: "interleaved none any anywhere no off false spread all round-robin weighted",
    }),
  ],
  [
    "hugepages",
    words({
      none: "no off false null default 4k 4ki 4kb base small 0 auto thp transparent",
      "2Mi": "2m 2mb 2mib 2048k 2048ki 2048kb 2097152 large",
      "1Gi":
        "1g 1gb 1gib 1024m 1024mi 1024mb 1048576k 1048576ki 1048576kb 1073741824 yes true on max " +
        "gigantic huge",
    }),
  ],
  [
    "link",
    words({
      any: "none no off false null phb sys node default",
      nvlink: "nv nvl nvswitch yes true on sxm nv4 nv12 nv18",
      switch: "pcie pci pix pxb plx p2p",
    }),
  ],
]);

/** Fields, and the other names that people have for them. The first field that is there counts. */
const otherFields: readonly (readonly [string, string])[] = [
  ["vcpus", "cpus cpu vcpu cores core threads vcpucount"],
  ["memory", "ram mem memorygib memorygb memorysize maxmemory"],
  ["accelerators", "gpus gpu devices device accelerator gpucount hostdevs"],
  ["nics", "nic networks network interfaces ib hca hcas vfs"],
  ["hugepages", "hugepage pages pagesize memorybacking hugepagesize"],
  ["locality", "numa numapolicy policy topologypolicy placement numatune"],
  ["isolation", "pinning cpupinning dedicated cputune sharing cpupolicy"],
  ["workload", "profile purpose type usage"],
  ["tenant", "namespace project owner customer"],
  ["reserved", "reserve keep host"],
  ["exclude", "blacklist denylist ignore excluded except"],
  ["coresPerNode", "cores corespernode cpuspernode"],
  ["memoryPerNode", "memory ram mempernode"],
  ["count", "number amount num n quantity gpus gpu nics cards devices"],
  ["model", "type product name kind"],
];

/** A sentence on what to write in place of a value; null where nothing is known. */
export function meantValue(field: string, found: unknown, expects: string): string | null {
  if (typeof found === "string" && typographic.test(found))
    return plainQuotes(field, found, expects);
  if (typeof found === "string" && isTemplate(found)) return template;
  const word = otherWords.get(field)?.get(wordOf(found));
  if (word !== undefined && expects.startsWith("one of")) return `write ${word}`;
  const meant = formMeant(field, found, expects);
  return (
    meant ?? (Array.isArray(found) && found.length === 1 ? only(field, found[0], expects) : null)
  );
}

/** The forms of values, by how the sentence about them begins. */
function formMeant(field: string, found: unknown, expects: string): string | null {
  const forms: readonly (readonly [string, () => string | null])[] = [
    ["true or false", () => truth(found)],
    ["an integer", () => integerMeant(field, found, expects)],
    ["a size", () => sizeMeant(found)],
    ["an object with", () => objectMeant(field, found, expects)],
    ['a list such as "', () => indexListMeant(found)],
    ["a list of", () => listMeant(field, found)],
    ["a full lower-case PCI address", () => addressMeant(found)],
    ["a pattern vendor:device", () => devicePatternMeant(found)],
    ["a name", () => nameMeant(found)],
    ["one of none, 2Mi, 1Gi", () => pageSizeMeant(found)],
  ];
  return forms.find(([start]) => expects.startsWith(start))?.[1]() ?? null;
}

/** The one item of a list where no list is wanted. */
function only(field: string, item: unknown, expects: string): string | null {
  if (typeof item === "object") return null;
  return (
    meantValue(field, item, expects)?.replace(/, without quotes$/, "") ??
    `write ${typeof item === "string" ? item : JSON.stringify(item)}`
  );
}

/** Quotation marks as word processors set them, which YAML takes for a part of the text. */
const typographic = /[\u201c-\u201f\u2018-\u201b\u00ab\u00bb]/;

function plainQuotes(field: string, found: string, expects: string): string {
  const plain = found.replaceAll(new RegExp(typographic, "g"), "").trim();
  return meantValue(field, plain, expects) ?? `write ${plain}, with plain quotes (") or none`;
}

/** What a template engine or a shell should have filled in. */
const isTemplate = (found: string): boolean => /\$\{\w+|\{\{|<%/.test(found);

const template = "it is a template: fill it in before it is given here";

/** A size of pages in other units, of which the kernel's kB is 1024 bytes. */
function pageSizeMeant(found: unknown): string | null {
  const [, digits = "", letter = ""] =
    /^\s*(\d{1,7})\s*([kmg])(?:i?b?)\s*$/i.exec(String(found)) ?? [];
  const bytes = Number(digits) * 1024 ** ("kmg".indexOf(letter.toLowerCase()) + 1);
  const ours = new Map([
    [4 * KiB, "none"],
    [2 * MiB, "2Mi"],
    [GiB, "1Gi"],
  ]).get(bytes);
  return ours === undefined ? null : `write ${ours}`;
}

/** The field of these that another name of it means; null where none does. */
export function meantField(name: string, known: readonly string[]): string | null {
  const plain = name.toLowerCase().replaceAll(/[-_]/g, "");
  const means = ([field, names]: readonly [string, string]): boolean =>
    names.split(" ").includes(plain) && known.includes(field);
  return otherFields.find(means)?.[0] ?? null;
}

/** `accelerators: 2` as `accelerators: { count: 2 }`. */
function objectMeant(field: string, found: unknown, expects: string): string | null {
  const [, list = ""] = /fields (.*)$/.exec(expects) ?? [];
  const has = (name: string): boolean => list.split(", ").includes(name);
  const write = (inside: string): string => `write ${field}: { ${inside} }`;
  if (typeof found === "number" && has("count")) return write(`count: ${found}`);
  if (has("count") && Array.isArray(found)) return write(countOf(found, has("model")));
  const asked = has("count") ? truth(found) : null;
  if (asked !== null || (has("count") && /^(?:all|any|auto)$/.test(wordOf(found)))) {
    return write(`count: ${asked === "write false" ? 0 : 1}`);
  }
  if (typeof found !== "string" || !/^[\w .-]{1,40}$/.test(found)) return null;
  if (/^\d+$/.test(found)) return has("count") ? write(`count: ${found}`) : null;
  if (has("model")) return write(`count: 1, model: ${found}`);
  return has("name") ? write(`name: ${found}`) : null;
}

/** A list of things as how many they are, and of which model where all say the same. */
function countOf(found: readonly unknown[], hasModel: boolean): string {
  const [first = ""] = found;
  const isModel = typeof first === "string" && /^[A-Za-z][\w .-]{1,40}$/.test(first);
  const isOne = isModel && hasModel && found.every((item) => item === first);
  return `count: ${found.length}${isOne ? `, model: ${first}` : ""}`;
}

const numerals = "zero one two three four five six seven eight".split(" ");

/** A plain value as a word in lower case; empty for an object or a list. */
function wordOf(found: unknown): string {
  if (typeof found === "string") return found.toLowerCase().trim();
  return typeof found === "object" && found !== null ? "" : String(found);
}

function truth(found: unknown): string | null {
  const word = wordOf(found);
  if (/^(?:true|yes|y|on|1|enabled|required)$/.test(word)) return "write true";
  if (/^(?:false|no|n|off|0|disabled|none|null)$/.test(word)) return "write false";
  return null;
}

/** Fields that count: a number near the written one may be meant, which a name never is. */
const counts: ReadonlySet<string> = new Set(["vcpus", "count", "coresPerNode"]);

function integerMeant(field: string, found: unknown, expects: string): string | null {
  const [, min = "0", max = "0"] = /from (-?\d+) to (\d+)/.exec(expects) ?? [];
  const isWithin = (value: number): boolean =>
    Number.isInteger(value) && value >= Number(min) && value <= Number(max);
  if (typeof found === "string") {
    const numeral = numerals.indexOf(found.toLowerCase().trim());
    if (numeral >= 0 && isWithin(numeral)) return `write ${numeral}`;
    const [, digits = ""] = /^\s*\+?(\d{1,9})(?:\.0+)?\s*[a-z]*\s*$/i.exec(found) ?? [];
    if (digits === "") return isWithin(Number(found)) ? `write ${Number(found)}` : null;
    const isBare = /^\s*\d+\s*$/.test(found);
    if (!isWithin(Number(digits))) return null;
    return `write ${Number(digits)}${isBare ? ", without quotes" : ""}`;
  }
  if (typeof found !== "number" || !counts.has(field)) return null;
  if (found < 0 && isWithin(-found)) return `write ${-found}`;
  if (isWithin(Math.round(found))) return `write ${Math.round(found)}`;
  return found > Number(max) ? `the most is ${max}` : `write ${min}`;
}

/** Units as people write them: powers of 1024 for certain, and the others. */
const binaryUnit = /^([kmgtp])(?:i|ib|ibibytes?|ebibytes?)$/i;
const otherUnit = /^([kmgtp])(?:b|o|igs?|igabytes?|egabytes?|erabytes?|ilobytes?|etabytes?)?$/i;

/** `240GB` as `240G`, or `224Gi`; `240GiB` as `240Gi`; `1,5 Ti` as `1.5Ti`. */
function sizeMeant(found: unknown): string | null {
  if (typeof found === "number") {
    if (found < 0) return "a size has no sign";
    return `a number alone is bytes: write ${found}Gi`;
  }
  if (typeof found !== "string") return null;
  if (/^\s*\.\d/.test(found)) return sizeMeant(`0${found.trim()}`) ?? `write 0${found.trim()}`;
  const form = /^\s*([+-]?)\s*(\d[\d_']*)(?:[.,](\d+))?(?:e\+?(\d{1,2}))?\s*([a-z]*)\s*$/i;
  // Three digits after a comma are thousands; otherwise it is the point of half of the world.
  const plain = found.replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, "");
  const [, sign = "", digits = "", fraction, power, unit = ""] = form.exec(plain) ?? [];
  if (digits === "" || (power !== undefined && unit !== "")) return null;
  const number = `${digits.replaceAll(/[_']/g, "")}${fraction === undefined ? "" : `.${fraction}`}`;
  if (power !== undefined) {
    const bytes = Number(number) * 10 ** Number(power);
    return Number.isSafeInteger(bytes) ? `write ${bytes}, or ${nearest(bytes)}` : null;
  }
  if (unit === "" || unit.toLowerCase() === "b") return `write ${number}`;
  const [, power2 = ""] = binaryUnit.exec(unit) ?? [];
  const [, letter = power2] = otherUnit.exec(unit) ?? [];
  if (letter === "") return null;
  const big = letter.toUpperCase();
  const binary = `${number}${big}i`;
  const decimal = `${number}${big === "K" ? "k" : big}`;
  const bytes = parseQuantity(power2 === "" ? decimal : binary);
  if (bytes === null) return "8191Ti is the most that is read";
  if (power2 !== "") return `write ${binary}`;
  if (sign === "-") return `write ${decimal}`;
  // One small letter is a power of 1024 for QEMU and Java, and none for Kubernetes.
  if (unit.length === 1) return `write ${binary}, or ${decimal} for powers of ten`;
  return `write ${decimal}, or ${nearest(bytes)}`;
}

/** The nearest whole number of the largest binary unit that leaves two digits or more. */
function nearest(bytes: number): string {
  const unit = bytes >= 10 * GiB ? GiB : bytes >= 10 * (GiB / 1024) ? GiB / 1024 : 1024;
  return formatQuantity(Math.max(1, Math.round(bytes / unit)) * unit);
}

function nameMeant(found: unknown): string | null {
  if (typeof found === "number") return `write it in quotes: "${found}"`;
  if (found === null) return "write a name, such as llm-a";
  if (typeof found !== "string") return null;
  const name = found
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
    .replaceAll(/--+/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "")
    .slice(0, 63)
    .replace(/[.-]+$/, "");
  return name === "" || name === found ? null : `write ${name}`;
}

function words(meanings: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(meanings).flatMap(([value, others]) =>
      others.split(" ").map((word) => [word, value] as const),
    ),
  );
}
