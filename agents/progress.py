"""A progress bar for trainers that play in an environment of their own."""

from stable_baselines3.common.callbacks import ProgressBarCallback


class DecisionBar(ProgressBarCallback):
    """stable-baselines3's progress bar, by what the trainer's own environment has played."""

    def _on_training_start(self) -> None:
        super()._on_training_start()
        self.start = self.model.num_timesteps

    def _on_step(self) -> bool:
        self.pbar.update(self.model.num_timesteps - self.start - self.pbar.n)
        return True
