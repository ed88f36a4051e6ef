"""Compile every loss and compare; a program of its own: the type checks of the tests cannot be traced."""

import torch
from loss_examples import examples


def main() -> None:
    for example in examples():
        torch.compiler.reset()
        compiled = torch.compile(example.loss, backend="aot_eager", fullgraph=True)
        inputs = [example.data[name].requires_grad_() for name in example.trained]
        expected, loss = example(), compiled(**example.data, **example.options)
        torch.testing.assert_close(loss, expected)
        torch.testing.assert_close(torch.autograd.grad(loss, inputs), torch.autograd.grad(expected, inputs))


if __name__ == "__main__":
    main()
