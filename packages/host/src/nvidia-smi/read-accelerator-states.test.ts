import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readAcceleratorStates } from "./read-accelerator-states.ts";
import { redactedQuery } from "./redact-query.ts";

const read = (
  query: string,
  more: { readonly nvlink?: string; readonly peers?: string } = {},
): ReturnType<typeof readAcceleratorStates> =>
  readAcceleratorStates({ query, nvlink: null, peers: null, ...more }, "out/gpus");

/** The names of a driver's sections. */
interface Names {
  readonly reasons: "clocks_event_reason" | "clocks_throttle_reason";
  readonly power: "gpu_power_readings" | "power_readings";
  readonly limit: "current_power_limit" | "enforced_power_limit";
}
const names535: Names = {
  reasons: "clocks_event_reason",
  power: "gpu_power_readings",
  limit: "current_power_limit",
};
const names470: Names = {
  reasons: "clocks_throttle_reason",
  power: "power_readings",
  limit: "enforced_power_limit",
};

/** A GPU under load that its lowered power limit holds down. */
function gpu(bus: string, { reasons, power, limit }: Names, more = ""): string {
  return `<gpu id="00000000:${bus}:00.0">
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <persistence_mode>Enabled</persistence_mode>
    <mig_mode><current_mig>Disabled</current_mig><pending_mig>Enabled</pending_mig></mig_mode>
    <mig_devices><mig_device><ecc_mode><current_ecc>Disabled</current_ecc></ecc_mode>
      <clocks><sm_clock>1 MHz</sm_clock></clocks></mig_device></mig_devices>
    <serial>1654123038646</serial>
    <pci><pci_bus_id>00000000:${bus}:00.0</pci_bus_id>
      <pci_gpu_link_info>
        <pcie_gen><max_link_gen>4</max_link_gen><current_link_gen>4</current_link_gen>
          <max_device_link_gen>5</max_device_link_gen></pcie_gen>
        <link_widths><max_link_width>16x</max_link_width><current_link_width>8x</current_link_width></link_widths>
      </pci_gpu_link_info></pci>
    <performance_state>P0</performance_state>
    <${reasons}s>
      <${reasons}_gpu_idle>Not Active</${reasons}_gpu_idle>
      <${reasons}_applications_clocks_setting>Not Active</${reasons}_applications_clocks_setting>
      <${reasons}_sw_power_cap>Active</${reasons}_sw_power_cap>
      <${reasons}_hw_slowdown>Active</${reasons}_hw_slowdown>
      <${reasons}_hw_thermal_slowdown>Not Active</${reasons}_hw_thermal_slowdown>
      <${reasons}_hw_power_brake_slowdown>Active</${reasons}_hw_power_brake_slowdown>
    </${reasons}s>
    <${reasons}s_counters><${reasons}s_counters_sw_power_cap>914 us</${reasons}s_counters_sw_power_cap></${reasons}s_counters>
    <bar1_memory_usage><total>131072 MiB</total></bar1_memory_usage>
    <utilization><gpu_util>97 %</gpu_util><memory_util>40 %</memory_util></utilization>
    <ecc_mode><current_ecc>Enabled</current_ecc><pending_ecc>Disabled</pending_ecc></ecc_mode>
    <temperature><gpu_temp>58 C</gpu_temp><gpu_temp_slow_threshold>92 C</gpu_temp_slow_threshold></temperature>
    <${power}><power_draw>399.52 W</power_draw><${limit}>400.00 W</${limit}>
      <default_power_limit>700.00 W</default_power_limit><max_power_limit>700.00 W</max_power_limit></${power}>
    <module_power_readings><power_draw>N/A</power_draw></module_power_readings>
    <clocks><graphics_clock>1305 MHz</graphics_clock><sm_clock>1300 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></clocks>
    <applications_clocks><graphics_clock>1980 MHz</graphics_clock><mem_clock>2619 MHz</mem_clock></applications_clocks>
    <max_clocks><sm_clock>1980 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></max_clocks>
    <supported_clocks><supported_mem_clock><value>2619 MHz</value></supported_mem_clock></supported_clocks>
    <processes><process_info><pid>4711</pid><process_name>/srv/alice/train.py</process_name></process_info></processes>
    ${more}</gpu>`;
}

const log = (driver: string, count: number, ...gpus: readonly string[]): string =>
  `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n<nvidia_smi_log>` +
  `<driver_version>${driver}</driver_version><attached_gpus>${count}</attached_gpus>` +
  `${gpus.join("\n")}</nvidia_smi_log>\n`;

const rows = `<remapped_rows><remapped_row_corr>1</remapped_row_corr><remapped_row_unc>2</remapped_row_unc>
  <remapped_row_pending>Yes</remapped_row_pending></remapped_rows>
  <fabric><state>Completed</state><status>Success</status></fabric>`;

const capped = {
  address: "0000:1b:00.0",
  index: 0,
  productName: "NVIDIA H100 80GB HBM3",
  driverVersion: "570.86.15",
  licensed: null,
  persistence: true,
  performanceState: "P0",
  coreClock: { nowMHz: 1300, maxMHz: 1980, applicationsMHz: 1980 },
  memoryClock: { nowMHz: 2619, maxMHz: 2619, applicationsMHz: 2619 },
  throttleReasons: ["SW Power Cap", "HW Slowdown", "HW Power Brake Slowdown"],
  power: { drawWatts: 399.52, limitWatts: 400, defaultWatts: 700, maxWatts: 700 },
  temperatureC: 58,
  utilizationPercent: 97,
  eccEnabled: true,
  retired: { count: 3, pending: true },
  migEnabled: false,
  link: { speedGTs: 16, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
  bar1Bytes: 128 * GiB,
  nvlinks: null,
  fabricState: "Completed",
  peers: null,
};

test.each([
  ["VGPU", "Licensed (Expiry: 2026-12-31 12:0:0 GMT)", true],
  ["VGPU", "Unlicensed (Restricted)", false],
  ["VGPU", "N/A", null],
  // A whole GPU says so of products for desktops, and works at full speed.
  ["Pass-Through", "Unlicensed (Unrestricted)", null],
  ["None", "N/A", null],
])("in mode %s, a licence that is %s", (mode, status, licensed) => {
  const more =
    `<gpu_virtualization_mode><virtualization_mode>${mode}</virtualization_mode></gpu_virtualization_mode>` +
    `<vgpu_software_licensed_product><licensed_product_name>x</licensed_product_name>` +
    `<license_status>${status}</license_status></vgpu_software_licensed_product>`;
  const whole = log("595.58.03", 1, gpu("1B", names535, more));
  expect(read(whole)).toMatchObject([{ licensed }]);
  expect(read(redactedQuery(whole))).toMatchObject([{ licensed }]);
});

test("all that a GPU of today tells of itself", () => {
  expect(read(log("570.86.15", 1, gpu("1B", names535, rows)))).toEqual([capped]);
});

test("an older driver has other names, and pages in place of rows", () => {
  const pages = `<retired_pages>
    <multiple_single_bit_retirement><retired_count>2</retired_count></multiple_single_bit_retirement>
    <double_bit_retirement><retired_count>1</retired_count></double_bit_retirement>
    <pending_blacklist>N/A</pending_blacklist><pending_retirement>No</pending_retirement></retired_pages>`;
  expect(read(log("470.82", 1, gpu("1B", names470, pages)))).toEqual([
    {
      ...capped,
      driverVersion: "470.82",
      retired: { count: 3, pending: false },
      fabricState: null,
    },
  ]);
});

test("N/A is unknown, but no ECC, no MIG and no fabric are known", () => {
  const told = gpu("1B", names535, "<fabric><state>N/A</state></fabric>")
    .replace("<current_ecc>Enabled", "<current_ecc>N/A")
    .replace("<current_mig>Disabled", "<current_mig>N/A")
    .replace("<gpu_util>97 %", "<gpu_util>N/A")
    .replace("<power_draw>399.52 W", "<power_draw>[N/A]")
    .replaceAll(/<applications_clocks>.*<\/applications_clocks>/g, "")
    .replaceAll(/>(Not )?Active</g, ">N/A<");
  expect(read(log("570.86.15", 1, told))).toMatchObject([
    {
      eccEnabled: false,
      migEnabled: false,
      fabricState: "N/A",
      utilizationPercent: null,
      power: { drawWatts: null, limitWatts: 400 },
      coreClock: { nowMHz: 1300, applicationsMHz: null },
      throttleReasons: null,
      retired: null,
    },
  ]);
});

test("a GPU that has fallen off the bus tells nothing", () => {
  const lost = gpu("1B", names535).replaceAll(/>(?=[^<>\s])(?!00000000)[^<>]+</g, ">GPU is lost<");
  const [state] = read(log("570.86.15", 1, lost));
  expect(state).toMatchObject({ address: "0000:1b:00.0", performanceState: null, link: null });
  expect([state?.coreClock, state?.power, state?.throttleReasons]).toEqual([null, null, null]);
});

test("GPUs are numbered in the order of the list, unless some are left out", () => {
  const two = [gpu("1B", names535), gpu("3B", names535)];
  expect(read(log("570", 2, ...two)).map(({ index }) => index)).toEqual([0, 1]);
  expect(read(log("570", 8, ...two)).map(({ index }) => index)).toEqual([null, null]);
});

const links = `GPU 0: NVIDIA H100 PCIe (UUID: GPU-6968dfc2-d444-d92c-c36b-6abe53445cb9)
\t Link 0: 26.562 GB/s
\t Link 1: <inactive>
\t Link 2: 0 GB/s
GPU 1: NVIDIA L4 (UUID: GPU-9b1446e2-8a89-4cf6-b68c-a98d99e958d3)
GPU 2: NVIDIA A100 (UUID: GPU-9b1446e2-8a89-4cf6-b68c-a98d99e958d4)
NVML: Unable to retrieve NVLink information as all links are inActive
`;
const peers = ` \tGPU0\tGPU1\tGPU2\tGPU3
 GPU0\tX\tOK\tCNS\tOK
 GPU1\tOK\tX\tCNS\tOK
 GPU2\tCNS\tCNS\tX\tOK
 GPU3\tOK\tOK\tOK\tX
`;

test("links and direct copies, by the numbers of the GPUs", () => {
  const four = ["1B", "3B", "5B", "7B"].map((bus) => gpu(bus, names535));
  const states = read(log("570", 4, ...four), { nvlink: links, peers });
  expect(states.map(({ nvlinks }) => nvlinks)).toEqual([
    { active: 1, total: 3 },
    { active: 0, total: 0 },
    null,
    null,
  ]);
  expect(states[2]?.peers).toEqual([
    { address: "0000:1b:00.0", status: "CNS" },
    { address: "0000:3b:00.0", status: "CNS" },
    { address: "0000:7b:00.0", status: "OK" },
  ]);
  expect(read(log("570", 4, ...four), { peers: "nothing" })[0]?.peers).toBeNull();
});

const text = `==============NVSMI LOG==============

Driver Version                            : 535.104.05
Attached GPUs                             : 1
GPU 00000000:1B:00.0
    Product Name                          : Tesla V100-SXM2-16GB
    Persistence Mode                      : Disabled
    MIG Mode
        Current                           : N/A
        Pending                           : N/A
    PCI
        GPU Link Info
            PCIe Generation
                Max                       : 3
                Current                   : 1
            Link Width
                Max                       : 16x
                Current                   : 16x
    Performance State                     : P8
    Clocks Event Reasons
        Idle                              : Active
        Applications Clocks Setting       : Not Active
        SW Power Cap                      : Not Active
        HW Slowdown                       : Not Active
            HW Thermal Slowdown           : Active
            HW Power Brake Slowdown       : Not Active
        Sync Boost                        : Not Active
    BAR1 Memory Usage
        Total                             : 16384 MiB
    Utilization
        Gpu                               : 0 %
    Ecc Mode
        Current                           : Enabled
    Retired Pages
        Single Bit ECC                    : 0
        Double Bit ECC                    : 1
        Pending Page Blacklist            : Yes
    Temperature
        GPU Current Temp                  : 41 C
    Power Readings
        Power Draw                        : 42.35 W
        Power Limit                       : 300.00 W
        Default Power Limit               : 300.00 W
        Enforced Power Limit              : 150.00 W
    Clocks
        Graphics                          : 135 MHz
        SM                                : 135 MHz
        Memory                            : 877 MHz
    Applications Clocks
        Graphics                          : 1312 MHz
        Memory                            : 877 MHz
    Max Clocks
        Graphics                          : 1530 MHz
        SM                                : 1530 MHz
        Memory                            : 877 MHz
`;

test.each([
  ["as it was printed", text],
  [
    "quoted, with CRLF",
    text
      .split("\n")
      .map((line) => `> ${line}`)
      .join("\r\n"),
  ],
])("the text of nvidia-smi -q: %s", (_, pasted) => {
  expect(read(pasted)).toEqual([
    {
      address: "0000:1b:00.0",
      index: 0,
      productName: "Tesla V100-SXM2-16GB",
      driverVersion: "535.104.05",
      licensed: null,
      persistence: false,
      performanceState: "P8",
      coreClock: { nowMHz: 135, maxMHz: 1530, applicationsMHz: 1312 },
      memoryClock: { nowMHz: 877, maxMHz: 877, applicationsMHz: 877 },
      throttleReasons: ["Idle", "HW Thermal Slowdown"],
      power: { drawWatts: 42.35, limitWatts: 150, defaultWatts: 300, maxWatts: null },
      temperatureC: 41,
      utilizationPercent: 0,
      eccEnabled: true,
      retired: { count: 1, pending: true },
      migEnabled: false,
      link: { speedGTs: 2.5, width: 16, maxSpeedGTs: 8, maxWidth: 16 },
      bar1Bytes: 16 * GiB,
      nvlinks: null,
      fabricState: null,
      peers: null,
    },
  ]);
});

test("a recording keeps what is read, and no serial number and no process", () => {
  const whole = log("570.86.15", 1, gpu("1B", names535, rows));
  const kept = redactedQuery(whole);
  expect(kept).not.toMatch(/1654123038646|alice|4711|counters/);
  expect(read(kept)).toEqual(read(whole));
  const old = log("470.82", 1, gpu("1B", names470));
  expect(read(redactedQuery(old))).toEqual(read(old));
});

test("no GPU, and what is no query at all", async () => {
  expect(read("No devices were found")).toEqual([]);
  await codedError("xml-unexpected", () => read("<topology/>"));
});
