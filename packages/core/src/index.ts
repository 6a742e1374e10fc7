/**
 * What `@evenkeel/core` offers to programs elsewhere: placement as functions of plain data. Modules
 * inside the repository name each other by their paths instead
 * (docs/decisions/0018-packed-for-outsiders.md).
 */

// Machines
export type {
  Accelerator,
  AcceleratorInstance,
  Access,
  CacheAllocation,
  Core,
  HostUse,
  HugepagePool,
  Interrupts,
  L3Cache,
  Link,
  LinkKind,
  Machine,
  MemoryKind,
  MemoryNode,
  Nic,
  NicPort,
  Partition,
  PciDevice,
  PciInterconnect,
  PcieLink,
  StatedInterconnect,
  Topology,
  UnnumberedNode,
} from "./topology/topology.ts";
export { syntheticTopology } from "./topology/synthetic/build.ts";
export { catalogMachine, catalogNames, catalogPartitions } from "./topology/catalog/catalog.ts";
export { type Merged, mergeTopologies } from "./topology/merge/merge-topologies.ts";
export {
  type MergeFinding,
  type MergeFindingCode,
  mergeFindingCodes,
  type SourceValue,
} from "./topology/merge/finding.ts";
export { diffTopologies } from "./topology/diff/diff-topologies.ts";
export type {
  DifferenceGroup,
  DifferenceValue,
  TopologyDifference,
} from "./topology/diff/difference.ts";
export { topologyWarnings } from "./topology/warnings/warnings.ts";
export {
  type TopologyWarning,
  type TopologyWarningCode,
  topologyWarningCodes,
} from "./topology/warnings/warning.ts";
export { checkedTopology, contradictions, type Contradiction } from "./topology/check.ts";
export { topologyDigest } from "./topology/digest.ts";
export {
  type DirectInterconnect,
  type Interconnect,
  type InterconnectOf,
  interconnects,
} from "./topology/interconnect.ts";
export { drawDot } from "./topology/draw/draw-dot.ts";
export { drawSvg, type DrawSvgOptions } from "./topology/draw/svg/draw-svg.ts";
export { drawTenancy } from "./topology/draw/draw-tenancy.ts";
export { drawTopology, type DrawOptions } from "./topology/draw/draw-topology.ts";
export type { SceneOptions } from "./topology/draw/scene.ts";
export type { FreePages, Tenancy, Tenant, TenantCell } from "./topology/draw/tenancy.ts";
export { tenancyOf } from "./placement/tenancy/tenancy-of-host.ts";
export { ncclTopology } from "./nccl/print-topology.ts";

// What distance costs
export type {
  Bandwidths,
  Calibration,
  CalibrationConditions,
  CalibrationTool,
  CopyFigures,
  LoadedCurve,
  LoadedPoint,
  Measured,
  MeasurementWitness,
  MemoryFigures,
  PeerFigures,
  TotalFigures,
  TotalTraffic,
} from "./calibration/calibration.ts";
export { calibrated, type Calibrated, type CalibratedOptions } from "./cost/calibrated.ts";
export { calibrationText } from "./cost/draw/calibration-text.ts";
export { drawCalibration } from "./cost/draw/calibration-svg.ts";

// Requests
export type {
  Flavor,
  HugepageDemand,
  Isolation,
  LinkDemand,
  Locality,
  VirtualMachine,
  VirtualMachineSpec,
  Workload,
} from "./request/virtual-machine.ts";
export type { Request } from "./request/request.ts";
export { forecastOf } from "./forecast/forecast.ts";
export type { Forecast, ForecastUnknown, VmForecast } from "./forecast/forecast-document.ts";
export type { Bottleneck } from "./cost/contention/contention.ts";
export type { Profile, WorkloadProfile } from "./request/workload-profile.ts";
export { requestOfFlavor, resolveRequest } from "./request/resolve.ts";
export { defaultHostPolicy, type HostPolicy } from "./request/host-policy.ts";
export type { DeviceName } from "./topology/device-pattern.ts";

// Placement
export { place, type PlaceOptions } from "./fleet/place.ts";
export type { HeldCpus, HeldMemory, Holding } from "./plan/holding.ts";
export type { HostState } from "./plan/host-state.ts";
export type { Cell, IoThread, Plan, PlanDevice, PlanSwitch, Vcpu } from "./plan/plan.ts";
export type { CostParts, PlanCost } from "./cost/plan-cost.ts";
export {
  type HostRefusal,
  type Refusal,
  type RefusalCode,
  refusalCodes,
  type RefusalReason,
  type RefusalRemedy,
  type RefusalWay,
  type UntoldCode,
  untoldCodes,
  type UntoldFact,
} from "./plan/refusal.ts";
export type { Command, Remedy, RemedyTime } from "./remedy/remedy.ts";
export { planFaults } from "./plan/check/plan-check.ts";
export { planContradictions } from "./plan/check/plan-consistency.ts";
export type { PlanFault } from "./plan/check/plan-facts.ts";

// Capacity
export { type Capacity, fleetCapacity, type CapacityRequest } from "./fleet/capacity-document.ts";
export type { Move, Rebalancing } from "./fleet/rebalance.ts";
export type {
  CapacityReport,
  ClassCapacity,
  FlavorCapacity,
  HostCapacity,
  HostFlavor,
} from "./placement/capacity/report.ts";
export type { Blockers } from "./placement/capacity/blockers.ts";
export { describeFit } from "./fleet/fit/describe-fit.ts";
export { fitFlavors } from "./fleet/fit/fit.ts";
export type { FlavorFit } from "./fleet/fit/flavor-fit.ts";
export type {
  NodeShortage,
  OneNode,
  Straddling,
  StraddlingCost,
} from "./fleet/straddle/straddle.ts";

// Preparing hosts
export { prepare } from "./prepare/prepare.ts";
export type { Runner } from "./prepare/programs.ts";
export {
  type BootLine,
  type Need,
  type NeedCode,
  needCodes,
  type Preparation,
  type PromisedRoom,
} from "./prepare/preparation.ts";
export type { HypervisorName } from "./instance/instance.ts";
export type { Asked } from "./prepare/room.ts";
export { type HostSetting, type SystemFamily, untoldSetting } from "./prepare/setting.ts";
export type { HypervisorAnswer, KvmFacts } from "./preflight/facts.ts";

// Guests
export { render, renderData, type RenderOptions } from "./render/render.ts";
export { type Rendering, renderings } from "./render/renderings.ts";
export { guestFromPlan, type GuestOptions } from "./guest/from-plan.ts";
export type { PortLink } from "./guest/port-link.ts";
export type { PciForm } from "./guest/ports.ts";
export type { Firmware, HypervisorOptions } from "./guest/options.ts";
export type { LibvirtOptions } from "./guest/libvirt/options.ts";
export type { QemuOptions } from "./guest/qemu/options.ts";
export type {
  Guest,
  GuestArchitecture,
  GuestCell,
  GuestCpu,
  GuestIdentity,
  PassedFunction,
  PciExpander,
  PciPort,
  PciRoot,
  PciSwitch,
  Pin,
} from "./guest/guest.ts";
export { contractOf } from "./guest/contract/from-guest.ts";
export type { ContractCell, ContractDevice, GuestContract } from "./guest/contract/contract.ts";
export { lintNccl } from "./guest/nccl/lint/lint.ts";
export {
  type NcclFinding,
  type NcclFindingCode,
  ncclFindingCodes,
} from "./guest/nccl/lint/finding.ts";
export type { HypervisorLimits, PciWindowLimits } from "./guest/limits.ts";
export {
  defaultVersions,
  type HypervisorVersions,
  limitsFor,
  parseVersions,
  type Version,
} from "./guest/versions.ts";

// Verification
export { verify, type VerifyOptions } from "./verify/verify.ts";
export { checkGuest } from "./verify/check-guest.ts";
export { verdictChanges, type VerdictChange } from "./verify/verdict/changes.ts";
export { type FindingCode, findingCodes } from "./verify/verdict/finding-codes.ts";
export type {
  Finding,
  FindingCost,
  Layer,
  Scope,
  Severity,
  Unverified,
  Verdict,
  Verified,
} from "./verify/verdict/verdict.ts";
export type {
  CgroupEvidence,
  CgroupLimits,
  DeviceEvidence,
  Evidence,
  GroupMember,
  HugeMemory,
  InterruptEvidence,
  KernelEvidence,
  LineSharer,
  MappingKind,
  MemoryMapping,
  MemoryPolicy,
  NodeEvidence,
  ProcessEvidence,
  ShapeCell,
  ShapeCpu,
  ShapeDevice,
  ShapeEvidence,
  ShapePins,
  ShapeSource,
  SubjectKind,
  ThreadEvidence,
  ThreadRole,
} from "./evidence/evidence.ts";
export type {
  AcceleratorClock,
  AcceleratorState,
  CpuSettings,
  IdleState,
  MachineEvidence,
  MachineSettings,
  Neighbour,
  NetworkPort,
  NodeMemory,
} from "./evidence/machine-evidence.ts";
export type { Unreadable } from "./evidence/unreadable.ts";
export type { ProcessRecord } from "./instance/instance.ts";
export type {
  GuestBar,
  GuestContractFound,
  GuestDevice,
  GuestGpuDirect,
  GuestHugepages,
  GuestNccl,
  GuestNode,
  GuestPort,
  GuestProcessor,
  GuestReport,
} from "./evidence/guest-report.ts";
export { type MemoryPaths, memoryPaths } from "./cost/memory-path.ts";
export type { CostBasis, PathCost } from "./cost/path-cost.ts";

// Why one is slower
export {
  type Binding,
  type BindingMode,
  bindingModes,
  type BindingUnknown,
  type BoundAccelerator,
  type BoundNic,
  memoryBindings,
  type MemoryBinding,
} from "./binding/binding.ts";
export { numactlWords } from "./binding/numactl.ts";
export type { BindingPromise } from "./binding/promise.ts";
export { explain, type ExplainOptions } from "./explain/explain.ts";
export { examine } from "./explain/examine.ts";
export type {
  Checked,
  Difference,
  Explanation,
  Fault,
  Side,
  Unchecked,
} from "./explain/explanation.ts";
export type { CheckResult, Diagnosed, Diagnosis } from "./explain/diagnosis.ts";
export type { CheckState } from "./explain/look/look.ts";

// Errors, texts and random numbers
export { type ErrorCode, errorCodes } from "./error/codes.ts";
export { type ErrorDetail, EvenkeelError } from "./error/evenkeel-error.ts";
export { formatBytes, GiB, KiB, MiB, parseQuantity, TiB } from "./unit/bytes.ts";
export type { Random } from "./random/random.ts";
export { writeXml, type XmlQuote } from "./xml/write.ts";
export type { XmlElement, XmlNode } from "./xml/element.ts";
