"""What happens in the account: opportunities that move, people who apply, papers that are kept."""
