"""What others would read a Lever account with, each written as its own documentation recommends."""
