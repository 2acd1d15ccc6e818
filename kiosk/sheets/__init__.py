"""Cards and labels on paper: which ones, what stands on them, and where on the sheet. No file is written here."""
