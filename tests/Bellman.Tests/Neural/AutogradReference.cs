using Bellman.Neural;
using static TorchSharp.torch;

namespace Bellman.Tests.Neural;

/// <summary>The slow obvious version: the same MLP in double precision, its gradients by autograd.</summary>
internal static class AutogradReference
{
    /// <param name="Outputs">[batch, outputs].</param>
    /// <param name="ParameterGradients">In the order of the flat buffer.</param>
    /// <param name="InputGradients">[batch, inputs].</param>
    /// <param name="WellConditioned">
    /// False when single precision cannot be expected to agree: a ReLU's input so near zero that rounding decides its
    /// side, or a layer norm over nearly equal sums, whose division multiplies their rounding.
    /// </param>
    public sealed record Result(double[] Outputs, double[] ParameterGradients, double[] InputGradients, bool WellConditioned);

    public static Result Compute(MlpSpecification mlp, ParameterBuffer parameters, string name, float[] inputs, float[] outputGradients)
    {
        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        var leaves = parameters.Parameters.ToDictionary(
            parameter => parameter.Name,
            parameter => Leaf(parameters[parameter.Name].ToArray(), parameter.Shape.Select(side => (long)side).ToArray()));
        var batch = inputs.Length / mlp.Inputs;
        var x = Leaf(inputs, [batch, mlp.Inputs]);
        var y = x;
        var wellConditioned = true;
        for (var layer = 0; layer <= mlp.Hidden.Count; layer++)
        {
            y = y.matmul(leaves[$"{name}.{layer}.weight"].t()) + leaves[$"{name}.{layer}.bias"];
            if (leaves.TryGetValue($"{name}.{layer}.norm.weight", out var gain))
            {
                var centred = y - y.mean([1], keepdim: true);
                wellConditioned &= centred.square().mean([1]).min().item<double>() > 0.01;
                y = centred / (centred.square().mean([1], keepdim: true) + 1e-5).sqrt() * gain + leaves[$"{name}.{layer}.norm.bias"];
            }
            var activation = layer < mlp.Hidden.Count ? mlp.Activation : mlp.OutputActivation;
            if (activation == Activation.Relu) { wellConditioned &= y.abs().min().item<double>() > 3e-6; }
            y = activation switch
            {
                Activation.Tanh => y.tanh(),
                Activation.Relu => y.relu(),
                Activation.Silu => y * y.sigmoid(),
                _ => y,
            };
        }
        (y * tensor(outputGradients, batch, mlp.Outputs).to(ScalarType.Float64)).sum().backward();
        return new Result(
            y.detach().data<double>().ToArray(),
            [.. parameters.Parameters.SelectMany(parameter => Gradient(leaves[parameter.Name]))],
            Gradient(x),
            wellConditioned);
    }

    private static Tensor Leaf(float[] values, long[] shape) => tensor(values, shape).to(ScalarType.Float64).detach().requires_grad_();

    private static double[] Gradient(Tensor leaf) => leaf.grad is { } gradient ? gradient.contiguous().data<double>().ToArray() : [];
}
