"""How any action is done once: its steps and their effects, its row in the ledger, whom it is written as."""
