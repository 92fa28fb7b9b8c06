"""From scores to alerts, episodes, money at risk and suppression."""
