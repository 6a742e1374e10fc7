import type { XmlElement } from "../../xml/element.ts";
import type { HypervisorOptions } from "../options.ts";

/** What a domain definition needs beside the plan. */
export interface LibvirtOptions extends HypervisorOptions {
  /** The platform's own devices (disks, networks, consoles), put behind the plan's as they are. */
  readonly devices?: readonly XmlElement[] | undefined;
}
