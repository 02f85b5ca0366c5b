"""What the lab's simulated machines share: how they start, where they listen, how they are steered, and their end."""
