"""The write actions as plain functions, with a ledger so that none is done twice."""
