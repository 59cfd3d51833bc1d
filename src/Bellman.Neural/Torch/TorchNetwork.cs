using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Bellman.Neural;

/// <summary>
/// An MLP in torch operations, its gradients by autograd. The parameter tensors and their gradients are views of the
/// flat buffer's two arrays, without a copy: an optimiser step there is seen here, and autograd adds there.
/// </summary>
internal sealed class TorchNetwork : IDescribedNetwork
{
    private readonly DenseLayout[] layers;
    private readonly LayerTensors[] tensors;
    private readonly List<Tensor> parameterTensors = [];
    private readonly int threads;
    private readonly InputStage inference = new();
    private readonly InputStage training = new();
    private Graph? kept;

    public TorchNetwork(DenseLayout[] layers, ParameterBuffer parameters, int threads)
    {
        TorchRuntime.UseThreads(threads);
        this.layers = layers;
        this.threads = threads;
        Parameters = parameters;
        tensors = Array.ConvertAll(layers, layer => new LayerTensors(
            Wrap(layer.Weight, layer.Outputs, layer.Inputs),
            Wrap(layer.Bias, layer.Outputs),
            layer.HasNorm ? Wrap(layer.NormWeight, layer.Outputs) : null,
            layer.HasNorm ? Wrap(layer.NormBias, layer.Outputs) : null));
    }

    public int Inputs => layers[0].Inputs;

    public int Outputs => layers[^1].Outputs;

    public ParameterBuffer Parameters { get; }

    public NetworkDescription Describe() => new NetworkChain(Array.ConvertAll(layers, layer => layer.Describe(Parameters)));

    public void Forward(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        CopyOut(Compute(inference.Fill(inputs, batch, Inputs)), outputs);
    }

    public void ForwardTraining(ReadOnlySpan<float> inputs, int batch, Span<float> outputs)
    {
        NetworkArguments.Check(this, inputs, batch, outputs);
        TorchRuntime.UseThreads(threads);
        ReleaseGraph();
        using var scope = NewDisposeScope();
        using var withGradients = enable_grad();
        var x = training.Fill(inputs, batch, Inputs).requires_grad_().DetachFromDisposeScope();
        var y = Compute(x).DetachFromDisposeScope();
        kept = new Graph(x, y, batch);
        CopyOut(y.detach(), outputs);
    }

    public void Backward(ReadOnlySpan<float> outputGradients, int batch, Span<float> inputGradients, bool parameterGradients = true)
    {
        NetworkArguments.CheckBackward(this, outputGradients, batch, inputGradients, kept?.Rows ?? -1);
        if (kept is not { } graph) { return; }
        TorchRuntime.UseThreads(threads);
        using var scope = NewDisposeScope();
        // Naming the leaves lets autograd skip the products that nobody asked for.
        var leaves = new List<Tensor>();
        if (parameterGradients) { leaves.AddRange(parameterTensors); }
        if (!inputGradients.IsEmpty) { leaves.Add(graph.Inputs); }
        if (leaves.Count > 0)
        {
            var gradient = tensor(outputGradients.ToArray(), batch, Outputs);
            autograd.backward([graph.Outputs], [gradient], retain_graph: false, create_graph: false, inputs: leaves);
        }
        if (!inputGradients.IsEmpty && graph.Inputs.grad is { } byInputs) { CopyOut(byInputs.contiguous(), inputGradients); }
        ReleaseGraph();
    }

    public void Dispose()
    {
        ReleaseGraph();
        foreach (var parameter in parameterTensors) { parameter.Dispose(); }
        inference.Dispose();
        training.Dispose();
    }

    private Tensor Compute(Tensor x)
    {
        for (var i = 0; i < layers.Length; i++)
        {
            var layer = tensors[i];
            x = nn.functional.linear(x, layer.Weight, layer.Bias);
            if (layer.NormWeight is not null)
            {
                x = nn.functional.layer_norm(x, [layers[i].Outputs], layer.NormWeight, layer.NormBias, MlpLayout.NormEpsilon);
            }
            x = layers[i].Activation switch
            {
                Activation.Tanh => x.tanh(),
                Activation.Relu => x.relu(),
                Activation.Silu => nn.functional.silu(x),
                _ => x,
            };
        }
        return x;
    }

    private Tensor Wrap(int offset, params long[] shape)
    {
        var count = shape.Aggregate(1L, (product, side) => product * side);
        using var scope = NewDisposeScope();
        var value = frombuffer(Parameters.Values, ScalarType.Float32, count, offset).reshape(shape).requires_grad_().DetachFromDisposeScope();
        value.grad = frombuffer(Parameters.Gradients, ScalarType.Float32, count, offset).reshape(shape);
        parameterTensors.Add(value);
        return value;
    }

    private void ReleaseGraph()
    {
        kept?.Inputs.Dispose();
        kept?.Outputs.Dispose();
        kept = null;
    }

    private static void CopyOut(Tensor from, Span<float> to) => MemoryMarshal.Cast<byte, float>(from.bytes).CopyTo(to);

    /// <summary>The two ends of the last training pass.</summary>
    private sealed record Graph(Tensor Inputs, Tensor Outputs, int Rows);

    private sealed record LayerTensors(Tensor Weight, Tensor Bias, Tensor? NormWeight, Tensor? NormBias);

    /// <summary>A pinned array that batches are copied into, and the tensor over it.</summary>
    private sealed class InputStage : IDisposable
    {
        private float[] memory = [];
        private Tensor? flat;

        public Tensor Fill(ReadOnlySpan<float> inputs, int batch, int width)
        {
            if (flat is null || memory.Length < inputs.Length)
            {
                flat?.Dispose();
                memory = GC.AllocateUninitializedArray<float>(inputs.Length, pinned: true);
                flat = frombuffer(memory, ScalarType.Float32).DetachFromDisposeScope();
            }
            inputs.CopyTo(memory);
            return flat.narrow(0, 0, inputs.Length).view(batch, width);
        }

        public void Dispose() => flat?.Dispose();
    }
}
