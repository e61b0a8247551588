"""An animation that a notebook plays."""

from __future__ import annotations

from matplotlib.animation import FuncAnimation


class NotebookAnimation(FuncAnimation):
    """Animation with a player as its HTML, whatever the setting ``animation.html`` is."""

    def _repr_html_(self) -> str:
        """Player of the frames; the figure, of which a notebook would show the axes, is closed."""
        import matplotlib.pyplot as plt

        html = self.to_jshtml(default_mode="loop")
        plt.close(self._fig)  # type: ignore[attr-defined]  # it has no public name
        return html
