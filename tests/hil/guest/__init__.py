"""What runs inside the guest, with the project's own drivers; nothing here runs on the host."""
