"""Forms of the patient's pages. Their errors are sentences that people read."""
