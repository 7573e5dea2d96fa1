#![doc = "Tracing and metrics set-up shared by every Autonet binary."]
