"""The drivers against real kernel devices: a small Linux in QEMU, with hands that plug and unplug. `make hil`."""
