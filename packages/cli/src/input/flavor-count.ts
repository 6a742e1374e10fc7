import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";

/** A flavor, and a number of VMs of it. */
export interface FlavorCount {
  readonly flavor: Request;
  readonly count: number;
}

/**
 * Parses `FLAVOR=K`: a flavor, and how many VMs of it are meant. Errors: `usage`, `flavor-unknown`.
 */
export function flavorCount(
  text: string,
  where: string,
  requests: readonly Request[],
): FlavorCount {
  const [, name = "", digits = ""] = /^(.+)=([1-9][0-9]{0,5})$/s.exec(text) ?? [];
  const names = requests.flatMap(({ flavor }) => flavor ?? []);
  if (name === "") {
    throw new EvenkeelError("usage", `${JSON.stringify(text)} is not a flavor and a number`, {
      where,
      expected: "FLAVOR=K, with K from 1 to 999999",
      remedy: `write, for example, ${names[0] ?? "h100.4"}=1`,
    });
  }
  const found = requests.find(({ flavor }) => flavor === name);
  if (found !== undefined) return { flavor: found, count: Number(digits) };
  const near = didYouMean(name, names);
  throw new EvenkeelError("flavor-unknown", `no flavor is named ${JSON.stringify(name)}`, {
    where,
    expected: `one of ${names.join(", ")}`,
    ...(near !== null && { remedy: `did you mean ${near}?` }),
  });
}
