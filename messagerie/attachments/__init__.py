"""Files that people join: checked by their content, written anew, sealed, scanned, served."""
