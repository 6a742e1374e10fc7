import type { Request } from "../../request/request.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { Occupancy } from "../occupancy/occupancy.ts";
import type { Closed } from "./isolation.ts";

/** A request and a host with its VMs: everything that free amounts are computed from. */
export interface RequestOnHost {
  readonly request: Request;
  readonly inventory: Inventory;
  readonly occupancy: Occupancy;
  readonly closed: Closed;
}
