import { type YamlValue, writeYaml } from "../../yaml/write.ts";
import { contractOf } from "../contract/from-guest.ts";
import type { Guest } from "../guest.ts";
import { hasAccelerators, NCCL_FILE, ncclXml } from "../nccl/print.ts";

/** Where the guest keeps the contract, for where it cannot read it through fw_cfg. */
const CONTRACT_FILE = "/etc/evenkeel/contract.json";

/**
 * User data for cloud-init (https://docs.cloud-init.io, `write_files`): the contract, and where
 * there are accelerators NCCL's file and the line that has NCCL read it. The line is added to what
 * `/etc/nccl.conf` says already. Which CPUs NCCL's threads run on stays with whoever runs it
 * (`NCCL_IGNORE_CPU_AFFINITY` is left alone).
 */
export function userData(guest: Guest): string {
  const file = (path: string, content: string, more: { append?: true } = {}): YamlValue => ({
    path,
    owner: "root:root",
    permissions: "0644",
    ...more,
    content,
  });
  const files = [
    file(CONTRACT_FILE, `${JSON.stringify(contractOf(guest), null, 2)}\n`),
    ...(hasAccelerators(guest)
      ? [
          file(NCCL_FILE, ncclXml(guest)),
          file("/etc/nccl.conf", `NCCL_TOPO_FILE=${NCCL_FILE}\n`, { append: true }),
        ]
      : []),
  ];
  return `#cloud-config\n${writeYaml({ write_files: files })}`;
}
