/**
 * Where a guest finds its contract, with CONFIG_FW_CFG_SYSFS
 * (Documentation/ABI/testing/sysfs-firmware-qemu_fw_cfg).
 */
export const contractFile = "/sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw";
