import { formatQuantity, GiB, parseQuantity } from "@evenkeel/core/unit/bytes.ts";

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
      strict: "required hard must guaranteed restricted single-numa-node bind true yes local",
      preferred: "best-effort besteffort soft prefer should",
      interleave: "interleaved none any no off false spread all round-robin",
    }),
  ],
  [
    "hugepages",
    words({
      none: "no off false null default 4k 4ki 4kb base small 0",
      "2Mi": "2m 2mb 2mib 2048k 2048ki 2048kb 2097152 large thp",
      "1Gi": "1g 1gb 1gib 1024m 1024mi 1048576k 1048576ki 1073741824 yes true on gigantic huge",
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
  [
    "workload",
    words({
      inference: "infer serving serve llm latency",
      training: "train nccl finetune fine-tuning distributed",
      staging: "load loading etl io copy data",
      compute: "hpc cpu batch general default",
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
  ["count", "number amount num n quantity"],
  ["model", "type product name kind"],
];

/** A sentence on what to write in place of a value; null where nothing is known. */
export function meantValue(field: string, found: unknown, expects: string): string | null {
  if (expects === "true or false") return truth(found);
  if (expects.startsWith("an integer")) return integerMeant(field, found, expects);
  if (expects.startsWith("a size")) return sizeMeant(found);
  if (expects.startsWith("an object with")) return objectMeant(field, found, expects);
  const meant = otherWords.get(field)?.get(wordOf(found));
  if (meant !== undefined) return `write ${meant}`;
  if (expects.startsWith("a name") && typeof found === "string") return nameMeant(found);
  if (expects.startsWith("a name") && typeof found === "number")
    return `write it in quotes: "${found}"`;
  return null;
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
  if (typeof found !== "string" || !/^[\w .-]{1,40}$/.test(found)) return null;
  if (/^\d+$/.test(found)) return has("count") ? write(`count: ${found}`) : null;
  if (has("model")) return write(`count: 1, model: ${found}`);
  return has("name") ? write(`name: ${found}`) : null;
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
  return isWithin(Math.round(found)) ? `write ${Math.round(found)}` : null;
}

/** Units as people write them: powers of 1024 for certain, and the others. */
const binaryUnit = /^([kmgtp])(?:i|ib|ibibytes?|ebibytes?)$/i;
const otherUnit = /^([kmgtp])(?:b|igs?|igabytes?|egabytes?|erabytes?|ilobytes?|etabytes?)?$/i;

/** `240GB` as `240G`, or `224Gi`; `240GiB` as `240Gi`; `1,5 Ti` as `1.5Ti`. */
function sizeMeant(found: unknown): string | null {
  if (typeof found === "number") {
    if (found < 0) return "a size has no sign";
    return Number.isInteger(found) ? null : `a number alone is bytes: write ${found}Gi`;
  }
  if (typeof found !== "string") return null;
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

function nameMeant(found: string): string | null {
  const name = found
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, "-")
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
