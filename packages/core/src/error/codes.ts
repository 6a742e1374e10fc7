/**
 * Every error that Evenkeel reports to a person or a program, by its stable code. A code never
 * changes its meaning. `docs/errors.md` lists the same codes, which a test compares.
 *
 * These are edge failures: some input of Evenkeel cannot be used. Reasons why a VM cannot be placed
 * are answers and not errors, and have codes of their own (`plan/refusal.ts`).
 */
export const errorCodes = {
  usage: "the command line cannot be understood",
  "file-missing": "a named file or directory does not exist",
  "file-unreadable": "a named file exists but cannot be read (permissions, not a regular file)",
  "file-unwritable":
    "an output file cannot be written, or something else than a regular file has its name",
  "file-too-large": "an input is larger than the limit for its kind",
  "text-malformed": "a file that should be text is not UTF-8",
  "archive-malformed": "a recorded tree is not a tar, or it is damaged or cut short",
  "archive-unsafe": "a recorded tree has an entry or a link that points outside it",
  "archive-ambiguous": "an archive holds several recorded machines and none was chosen",
  "tree-empty": "a recorded tree has no /sys/devices/system/cpu to read",
  "tree-malformed": "a file in a recorded tree does not have the format of the kernel",
  "xml-malformed": "an XML document is not well formed, or it is cut short",
  "xml-unsafe": "an XML document declares entities or is nested too deeply",
  "xml-unexpected": "a well-formed XML document is not of the expected kind",
  "text-unexpected": "a text is not the output of the expected tool",
  "json-malformed": "a JSON document cannot be parsed",
  "yaml-malformed": "a YAML document cannot be parsed",
  "document-invalid": "a document does not have the fields that its kind has",
  "trace-malformed": "a list of a published trace does not have its published form",
  "synthetic-malformed": "a one-line machine description cannot be parsed",
  "source-unknown": "Evenkeel does not read this kind of topology source",
  "host-unreachable": "a machine cannot be read over ssh",
  "answer-malformed": "what a machine said over ssh is not what it was asked for",
  "host-unread": "a host of a fleet cannot be read",
  "machine-unknown": "the catalog has no machine of that name",
  "flavor-unknown": "a virtual machine names a flavor that was not given",
  "workload-unknown": "a virtual machine names a workload that is neither built in nor given",
  "host-unknown": "the fleet has no host of that name",
  "host-duplicate": "two hosts of a fleet have the same name",
  "request-invalid": "a virtual machine asks for something that no machine can provide",
  "topology-inconsistent": "a topology contradicts itself",
  "sources-unrelated": "sources that should be of one machine have nothing in common",
  "plan-inconsistent": "a plan contradicts itself or its topology",
  "calibration-of-another": "a calibration was measured on another machine",
  "calibration-of-unknown": "a calibration does not tell which machine was measured",
  "render-unsupported": "the requested rendering cannot express the plan",
  "devices-unsafe": "a file of further devices has something that a platform may not add",
  "vm-unknown": "Evenkeel knows no VM of that name on this host",
  "process-unknown": "no such process or container runs on this host",
  "vm-exists": "this host already has a VM of that name",
  "vm-unlike": "the running VM is not the VM of the plan",
  "vm-busy": "another command is working on the VM",
  "state-busy": "another command holds the lock on the state of VMs for too long",
  "state-damaged": "a file of the state folder cannot be used",
  "state-untrusted": "another user can write to the state of VMs, or it is not what it should be",
  "process-gone": "a process has ended, or its number belongs to another one by now",
  "state-unusable": "the folder for the state of VMs cannot be used",
  "record-kept": "the VM is gone, but its record cannot be removed",
  "hypervisor-failed": "libvirt or QEMU failed to do its part",
  "device-unbindable": "a device cannot be bound to the driver that it needs",
  "binding-impossible": "a command cannot be bound to CPUs and memory as asked",
  "command-unrunnable": "a command that is to be run does not exist or cannot be run",
  interrupted: "the command was interrupted, and its changes are undone",
  internal: "Evenkeel itself failed; this is a bug",
} as const;

/** The code of an error. */
export type ErrorCode = keyof typeof errorCodes;
