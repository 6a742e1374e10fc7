import { canonicalJson } from "../../hash/canonical-json.ts";
import type { Request } from "../../request/request.ts";

/** What requests have in common that are answered alike: everything but whose they are. */
export interface Demand {
  readonly key: string;
  readonly request: Request;
}

export function demandOf(request: Request): Demand {
  const asked = { ...request, name: "", tenant: null, flavor: null };
  return { key: canonicalJson(asked), request };
}
