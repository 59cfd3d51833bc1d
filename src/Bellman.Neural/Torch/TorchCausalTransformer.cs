using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Neural;

/// <summary>
/// <see cref="CausalTransformerPart"/> in torch operations, gradients by autograd. Parameters and inputs are copied to where torch allocates, because the
/// last bits of its products depend on how memory is aligned. No number of C# enters an expression: TorchSharp would leave its scalar to the finaliser.
/// </summary>
internal sealed class TorchCausalTransformer : INetwork
{
    private const float Forbidden = -1e9f;
    private const double NormEpsilon = 1e-5;

    private readonly CausalTransformerShape shape;
    private readonly string name;
    private readonly int threads;
    private readonly Dictionary<string, Tensor> parameters = [];
    private readonly List<(ParameterInfo Info, Tensor Leaf, Tensor Values)> leaves = [];
    private Tensor? kept;
    private int keptRows = -1;

    public TorchCausalTransformer(string name, CausalTransformerShape shape, ParameterBuffer buffer, int threads)
    {
        (this.name, this.shape, this.threads, Parameters) = (name, shape, threads, buffer);
        TorchRuntime.UseThreads(threads);
        foreach (var info in buffer.Parameters.Where(info => info.Name.StartsWith(name + ".", StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            var leaf = empty([.. info.Shape.Select(side => (long)side)]).requires_grad_().DetachFromDisposeScope();
            leaves.Add((info, leaf, leaf.detach().DetachFromDisposeScope()));
            parameters[info.Name] = leaf;
        }
    }

    public int Inputs => shape.Inputs;

    public int Outputs => shape.Context * shape.Outputs;

    public ParameterBuffer Parameters { get; }

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        CopyOut(Compute(inputs, batch), outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        TorchRuntime.UseThreads(threads);
        Release();
        using var scope = NewDisposeScope();
        using var withGradients = enable_grad();
        kept = Compute(inputs, batch).DetachFromDisposeScope();
        keptRows = batch;
        CopyOut(kept.detach(), outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, keptRows);
        if (!inputGradients.IsEmpty) { throw new NotSupportedException("A transformer over contexts carries no gradients to its inputs."); }
        if (kept is null) { return; }
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        if (parameterGradients)
        {
            var gradients = autograd.grad([kept], leaves.ConvertAll(leaf => leaf.Leaf), [Own(outputGradients.ToArray(), batch, shape.Context, shape.Outputs)]);
            for (var i = 0; i < leaves.Count; i++)
            {
                var info = leaves[i].Info;
                var gradient = MemoryMarshal.Cast<byte, float>(gradients[i].contiguous().bytes);
                var sum = Parameters.Gradients.AsSpan(info.Offset, info.Size);
                for (var k = 0; k < sum.Length; k++) { sum[k] += gradient[k]; }
            }
        }
        Release();
    }

    public void Dispose()
    {
        Release();
        foreach (var (_, leaf, values) in leaves)
        {
            values.Dispose();
            leaf.Dispose();
        }
    }

    /// <summary>[batch, K, outputs].</summary>
    private Tensor Compute(ReadOnlySpan<float> inputs, int batch)
    {
        var (steps, width) = (shape.Context, shape.Width);
        foreach (var (info, _, values) in leaves) { Parameters.Values.AsSpan(info.Offset, info.Size).CopyTo(MemoryMarshal.Cast<byte, float>(values.bytes)); }
        var (returns, observations, actions) = (new float[batch * steps], new float[batch * steps * shape.Observation], new float[batch * steps * shape.Action]);
        var times = new long[batch * steps];
        var mask = new float[batch * 9L * steps * steps];
        for (var row = 0; row < batch; row++)
        {
            var context = inputs.Slice(row * Inputs, Inputs);
            ReadOnlySpan<float> Take(ref ReadOnlySpan<float> rest, int count)
            {
                var taken = rest[..count];
                rest = rest[count..];
                return taken;
            }
            Take(ref context, steps).CopyTo(returns.AsSpan(row * steps));
            Take(ref context, steps * shape.Observation).CopyTo(observations.AsSpan(row * steps * shape.Observation));
            Take(ref context, steps * shape.Action).CopyTo(actions.AsSpan(row * steps * shape.Action));
            var clock = Take(ref context, steps);
            for (var k = 0; k < steps; k++) { times[row * steps + k] = Math.Clamp((long)clock[k], 0, shape.Horizon - 1); }
            WriteMask(context, mask.AsSpan(row * 9 * steps * steps, 9 * steps * steps));
        }
        var time = Parameter("time.weight").index_select(0, tensor(times)).reshape(batch, steps, width);
        var tokens = stack([
            Dense("return", Own(returns, batch, steps, 1)) + time,
            Dense("observation", Own(observations, batch, steps, shape.Observation)) + time,
            Dense("action", Own(actions, batch, steps, shape.Action)) + time,
        ], 2).reshape(batch, 3 * steps, width);
        var allowed = Own(mask, batch, 1, 3 * steps, 3 * steps);
        var x = Norm("norm", tokens);
        for (var layer = 0; layer < shape.Layers; layer++)
        {
            x = x + Attention($"{layer}.attention", x, allowed, batch);
            x = x + Dense($"{layer}.mlp.out", Activate(shape.Activation, Dense($"{layer}.mlp.in", Norm($"{layer}.mlp.norm", x))));
        }
        // The action of a step is read where its observation is the newest that can be seen.
        var seen = Norm("last", x).reshape(batch, steps, 3, width).select(2, 1);
        return Activate(shape.OutputActivation, Dense("head", seen)).contiguous();
    }

    private Tensor Attention(string part, Tensor x, Tensor allowed, int batch)
    {
        var parts = Dense($"{part}.in", Norm($"{part}.norm", x)).reshape(batch, 3 * shape.Context, 3, shape.Heads, shape.Width / shape.Heads).permute(2, 0, 3, 1, 4);
        var mixed = nn.functional.scaled_dot_product_attention(parts.select(0, 0), parts.select(0, 1), parts.select(0, 2), allowed);
        return Dense($"{part}.out", mixed.transpose(1, 2).reshape(batch, 3 * shape.Context, shape.Width));
    }

    /// <summary>A token sees those before it and itself, and no padding. Padding sees nothing but itself, and nobody reads it.</summary>
    private void WriteMask(ReadOnlySpan<float> valid, Span<float> mask)
    {
        var tokens = 3 * shape.Context;
        mask.Fill(Forbidden);
        for (var query = 0; query < tokens; query++)
        {
            for (var key = 0; key <= query; key++)
            {
                if (valid[key / 3] > 0 || key == query) { mask[query * tokens + key] = 0; }
            }
        }
    }

    private static Tensor Own(float[] values, params long[] sides) => tensor(values, sides).clone();

    private Tensor Parameter(string part) => parameters[$"{name}.{part}"];

    private Tensor Dense(string part, Tensor x) => nn.functional.linear(x, Parameter($"{part}.weight"), Parameter($"{part}.bias"));

    private Tensor Norm(string part, Tensor x) => nn.functional.layer_norm(x, [shape.Width], Parameter($"{part}.weight"), Parameter($"{part}.bias"), NormEpsilon);

    private static Tensor Activate(Activation activation, Tensor x) => activation switch
    {
        Activation.Tanh => x.tanh(),
        Activation.Relu => x.relu(),
        Activation.Silu => nn.functional.silu(x),
        _ => x,
    };

    private static void CopyOut(Tensor from, Span<float> to) => MemoryMarshal.Cast<byte, float>(from.bytes).CopyTo(to);

    private void Release()
    {
        kept?.Dispose();
        (kept, keptRows) = (null, -1);
    }
}
