"""Two players in one loss: a network held constant while another learns through it, and one optimizer for each.

fakes = self.generator(latents)
self.add_loss(critic_loss(self.critic(pictures), self.critic(stop_gradient(fakes))))     # trains the critic only
self.add_loss(generator_loss(frozen(self.critic, fakes)))                                # trains the generator only
"""

from __future__ import annotations

import re
from typing import Any

import keras

from training.fitting.keras_internals import variables_in


def frozen(network: keras.Layer, *inputs: Any, **arguments: Any) -> Any:
    """Call `network(*inputs, **arguments)` with its weights held constant: gradients reach the inputs only.

    What the call does to the network's state: batch normalisation statistics (and any other weight) stay as they are, since
    the network sees the same batch again in its own call and would count it twice; seed generators move on, so that no two
    calls draw the same dropout mask. Losses added inside the network are dropped: they are the other player's.
    Raises ValueError for a network that is not built.
    """
    if not network.built:
        raise ValueError(f"{network.name} has no weights yet: build it before it is called frozen")
    variables = network.variables
    with variables_in(network.variable_dtype):
        scope = keras.StatelessScope([(variable, keras.ops.stop_gradient(variable.value)) for variable in variables])
    with scope:
        outputs = network(*inputs, **arguments)
    weights = {id(weight) for weight in network.weights}
    for seed in variables:
        if id(seed) not in weights:
            seed.assign(scope.get_current_value(seed))
    return outputs


@keras.saving.register_keras_serializable("training")
class PlayerMap(keras.optimizers.OptimizerMap):
    """Hands a variable to the optimizer of the player whose name its path holds.

    `players`: player's name -> optimizer. A path belongs to "critic" if one of its parts but the last is `critic` or starts
    with `critic_` (layers of a functional model carry their own names only: name them `critic_...`). Raises ValueError for a
    path of no player or of several; `keras.optimizers.OptimizerMap` would give the former to a default silently.
    """

    def __init__(self, players: dict[str, keras.optimizers.Optimizer]):
        if not players:
            raise ValueError("expected at least one player and its optimizer")
        super().__init__(next(iter(players.values())), dict(players))
        self.players = dict(players)

    def __getitem__(self, key: str) -> keras.optimizers.Optimizer:
        if key in self.players:
            return self.players[key]
        owners = [name for name in self.players if re.search(rf"(^|/){re.escape(name)}(_[^/]*)?/", key)]
        if len(owners) != 1:
            raise ValueError(
                f"variable {key} belongs to {' and '.join(owners) or 'no player'}; "
                f"expected exactly one of {', '.join(self.players)} in its path"
            )
        return self.players[owners[0]]

    def get_config(self) -> dict[str, Any]:
        return {"players": keras.saving.serialize_keras_object(self.players)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> PlayerMap:
        return cls(keras.saving.deserialize_keras_object(config["players"], custom_objects=custom_objects))


def player_optimizer(players: dict[str, keras.optimizers.Optimizer], model: keras.Model) -> keras.optimizers.MultiOptimizer:
    """One optimizer that gives each player of the built `model` its own, built: `model.compile(player_optimizer(...))`.

    `players`: name of the sub-network -> its optimizer (learning rate, betas). Raises ValueError if the model is not built,
    lists every trainable variable that is not exactly one player's, and names players without a variable.
    Built here because a lazily built optimizer loses its state on resume without a word.
    """
    if not model.built:
        raise ValueError(f"{model.name} is not built: its variables are not known yet")
    owners = PlayerMap(players)
    _check_every_player_has_variables(owners, model)
    optimizer = keras.optimizers.MultiOptimizer(owners)
    optimizer.build(model.trainable_variables)
    return optimizer


def _check_every_player_has_variables(owners: PlayerMap, model: keras.Model) -> None:
    """ValueError that names all variables without exactly one player, or the players without variables."""
    idle, faults = dict(owners.players), []
    for variable in model.trainable_variables:
        try:
            used = owners[variable.path]
        except ValueError as error:
            faults.append(str(error))
            continue
        idle = {name: optimizer for name, optimizer in idle.items() if optimizer is not used}
    if faults:
        raise ValueError("; ".join(faults))
    if idle:
        raise ValueError(f"no trainable variable of {model.name} belongs to {', '.join(idle)}")
