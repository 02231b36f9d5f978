"""The recipients: a file or a table as a stream of rows (`sources`), and which of its columns holds what (`columns`)."""
