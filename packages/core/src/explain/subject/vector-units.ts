/**
 * What processors can compute in one instruction, in the kernel's words for it, each with all
 * before it on the processors that matter here.
 */
const units = ["avx", "avx2", "avx512f", "amx_tile"] as const;
/** A vector unit, in the kernel's word for it. */
export type VectorUnit = (typeof units)[number];

/** The vector units among some flags. */
export function unitsIn(flags: readonly string[]): readonly VectorUnit[] {
  const all = new Set(flags.map((flag) => flag.replaceAll(/[-.]/g, "_")));
  return units.filter((unit) => all.has(unit));
}

/**
 * The vector units of QEMU's processor models, by the beginnings of their names
 * (https://www.qemu.org/docs/master/system/qemu-cpu-models.html). Models before AVX have none.
 * Null for `host`, `max`, libvirt's modes, and models that are not listed.
 */
export function unitsOfModel(model: string): readonly VectorUnit[] | null {
  for (const [names, count] of models) if (names.test(model)) return units.slice(0, count);
  return null;
}

const models: readonly (readonly [RegExp, number])[] = [
  [
    /^(?:qemu|kvm)(?:32|64)|^(?:core(?:2)?duo|n270|Conroe|Penryn|Nehalem|Westmere|Opteron_G[123]|phenom|athlon|pentium|486|x86-64-v[12])\b/i,
    0,
  ],
  [/^(?:SandyBridge|IvyBridge|Opteron_G[45])\b/i, 1],
  [
    /^(?:Haswell|Broadwell|Skylake-Client|Dhyana|x86-64-v3)\b|^EPYC(?:-(?:IBPB|Rome|Milan|v\d))?(?:-v\d)?$/i,
    2,
  ],
  [
    /^(?:Skylake-Server|Cascadelake-Server|Cooperlake|Icelake-Server|EPYC-(?:Genoa|Turin)|x86-64-v4)\b/i,
    3,
  ],
  [/^(?:SapphireRapids|EmeraldRapids|GraniteRapids|DiamondRapids)\b/i, 4],
];

/**
 * The vector units of a server's processor by its name in /proc/cpuinfo, as its maker numbers them:
 * Intel's Xeon Scalable by the second digit (`Gold 6430` is the fourth generation), Xeon 6 with P;
 * AMD's EPYC by the first, whatever letters those for one cloud or clock have between (`9654` and
 * `9R14` are Genoa). Null for names that do not tell.
 */
export function unitsOfProcessor(name: string): readonly VectorUnit[] | null {
  const xeon = /\bXeon\b.{0,40}\b(?:Platinum|Gold|Silver|Bronze|Max)\s+[3-9](\d)\d\d/i.exec(name);
  if (xeon !== null) return units.slice(0, Number(xeon[1]) >= 4 ? 4 : 3);
  if (/\bXeon\b.{0,20}\b6\d{3}P/i.test(name)) return units;
  const older = /\bXeon\b.{0,20}\bE[357]-\d{4}\w?(?:\s+v(\d))?/i.exec(name);
  // The first generation has no number, the third AVX2.
  if (older !== null) return units.slice(0, Number(older[1]) >= 3 ? 2 : 1);
  const epyc = /\bEPYC\s+(\d)[\dA-Z][\dA-Z][\dA-Z]?(\d)/i.exec(name);
  if (epyc !== null) return units.slice(0, epyc[1] === "9" ? 3 : 2);
  return unitsOfModel(name);
}
