"""The command line, held to its exit codes and to what it prints."""
