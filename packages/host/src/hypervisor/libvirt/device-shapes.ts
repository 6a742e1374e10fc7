/** The values that an attribute or a text may have; null allows any. */
type Values = readonly string[] | RegExp | null;

/** What an element may hold. Everything that is not here is refused. */
export interface Shape {
  readonly attributes: Readonly<Record<string, Values>>;
  readonly children: Readonly<Record<string, Shape>>;
  /** Its text, where that means something. */
  readonly text?: Values;
  /** Further children by its type. Its `type` is one of these then, and cannot be missing. */
  readonly types?: Readonly<Record<string, Shape["children"]>>;
}

function shape(names: string, children: Shape["children"] = {}): Shape {
  const attributes = names.split(" ").filter((name) => name !== "");
  return { attributes: Object.fromEntries(attributes.map((name) => [name, null])), children };
}

/** A shape with limits on the values of attributes. */
function limited(base: Shape, values: Shape["attributes"], text?: Values): Shape {
  const attributes = { ...base.attributes, ...values };
  return { ...base, attributes, ...(text === undefined ? {} : { text }) };
}

function typed(base: Shape, types: NonNullable<Shape["types"]>): Shape {
  return limited({ ...base, types }, { type: Object.keys(types) });
}

/** Only the root, bus 0, of the PCI tree: any other place in it is the plan's. */
const address = limited(shape("domain slot function multifunction controller target unit port"), {
  type: ["pci", "drive", "usb", "virtio-serial", "isa"],
  bus: /^(0x)?0{1,2}$/,
});

/** Where and as what the guest sees a device. */
const placed = { address, alias: shape("name"), boot: shape("order") };

const secret = shape("type usage uuid");
const auth = { auth: shape("username", { secret }) };
const encryption = { encryption: shape("format", { secret }) };

const limits = ["total", "read", "write"].flatMap((which) =>
  ["bytes_sec", "iops_sec", "bytes_sec_max", "iops_sec_max"].map((what) => `${which}_${what}`),
);

/** Not `lun`, which passes the commands of SCSI on, nor a helper for reservations. */
const disk = typed(
  limited(
    shape("snapshot model", {
      ...placed,
      ...auth,
      ...encryption,
      backingStore: shape(""),
      blockio: shape("logical_block_size physical_block_size discard_granularity"),
      driver: shape(
        "name type cache io discard detect_zeroes iothread queues queue_size error_policy " +
          "rerror_policy copy_on_read ioeventfd event_idx iommu ats packed",
      ),
      iotune: shape("", Object.fromEntries(limits.map((name) => [name, shape("")]))),
      product: shape(""),
      readonly: shape(""),
      serial: shape(""),
      shareable: shape(""),
      target: shape("dev bus removable rotation_rate tray"),
      transient: shape("shareBacking"),
      vendor: shape(""),
      wwn: shape(""),
    }),
    { device: ["disk", "cdrom", "floppy"] },
  ),
  {
    file: { source: shape("file startupPolicy", encryption) },
    block: { source: shape("dev startupPolicy", encryption) },
    volume: { source: shape("pool volume startupPolicy mode", encryption) },
    network: {
      source: shape("protocol name tls", {
        host: limited(shape("name port"), { transport: ["tcp", "rdma"] }),
        snapshot: shape("name"),
        ...auth,
        ...encryption,
      }),
    },
  },
);

/** Nothing that takes a device of the host or runs a program, and no path of another's socket. */
const networkInterface = typed(
  shape("trustGuestRxFilters", {
    ...placed,
    bandwidth: shape("", {
      inbound: shape("average peak burst floor"),
      outbound: shape("average peak burst"),
    }),
    driver: limited(
      shape("queues rx_queue_size tx_queue_size txmode ioeventfd event_idx iommu ats packed"),
      { name: ["qemu", "vhost"] },
    ),
    filterref: shape("filter", { parameter: shape("name value") }),
    link: shape("state"),
    mac: shape("address type"),
    model: shape("type"),
    mtu: shape("size"),
    port: shape("isolated"),
    target: shape("dev"),
    virtualport: limited(shape("", { parameters: shape("interfaceid profileid") }), {
      type: ["openvswitch"],
    }),
    vlan: shape("trunk", { tag: shape("id nativeMode") }),
  }),
  {
    network: { source: shape("network portgroup") },
    bridge: { source: shape("bridge") },
    user: { ip: shape("family address prefix") },
  },
);

/** Where libvirt's own log daemon keeps what a guest writes, and bounds it. */
const logFolder = "/var/log/libvirt/qemu";
const logFile = new RegExp(`^${logFolder}/[A-Za-z0-9_][A-Za-z0-9_.-]*$`);
const log = { log: limited(shape("append"), { file: logFile }) };

/** Not pipes, devices, sockets of others, or files elsewhere, which a guest could fill. */
const characters = typed(
  shape("", {
    ...placed,
    target: shape("type name port state", { model: shape("name") }),
    protocol: limited(shape(""), { type: ["raw"] }),
  }),
  {
    pty: log,
    null: log,
    unix: { source: limited(shape(""), { mode: ["bind"] }), ...log },
    file: { source: limited(shape("append"), { path: logFile }) },
  },
);

/** A screen over the network, without a rendering device of the host. */
const screen = {
  clipboard: shape("copypaste"),
  filetransfer: shape("enable"),
  image: shape("compression"),
  jpeg: shape("compression"),
  listen: limited(shape("address network"), { type: ["address", "network", "none"] }),
  mouse: shape("mode"),
  playback: shape("compression"),
  streaming: shape("mode"),
  zlib: shape("compression"),
};

/**
 * The device elements that a platform may add, with all that they may hold:
 * https://libvirt.org/formatdomain.html#devices
 */
export const deviceShapes: Readonly<Record<string, Shape>> = {
  channel: typed(characters, { ...characters.types, spicevmc: {} }),
  console: characters,
  disk,
  graphics: typed(
    shape(
      "port tlsPort websocket autoport listen keymap passwd passwdValidTo connected sharePolicy " +
        "defaultMode",
      { ...placed, channel: shape("name mode") },
    ),
    { vnc: screen, spice: screen },
  ),
  input: typed(shape("bus model", placed), { mouse: {}, tablet: {}, keyboard: {} }),
  interface: networkInterface,
  parallel: characters,
  rng: shape("model", {
    ...placed,
    rate: shape("bytes period"),
    backend: limited(shape(""), { model: ["random", "builtin"] }, [
      "",
      "/dev/random",
      "/dev/urandom",
      "/dev/hwrng",
    ]),
  }),
  serial: characters,
  sound: shape("model", { ...placed, codec: shape("type") }),
  tpm: shape("model", {
    ...placed,
    backend: limited(shape("version persistent_state", { encryption: shape("secret") }), {
      type: ["emulator"],
    }),
  }),
  video: shape("", {
    ...placed,
    model: shape("type vram vram64 ram vgamem heads primary blob", { resolution: shape("x y") }),
  }),
  vsock: shape("model", { ...placed, cid: shape("auto address") }),
  // Not `dump`, with which a guest fills the host's disk.
  watchdog: limited(shape("model", placed), {
    action: ["reset", "shutdown", "poweroff", "pause", "none", "inject-nmi"],
  }),
};
