"""What people fill in. Forms read generously, read back what they understood, and lose nothing that was typed."""
