using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// The kernels as one operation of torch's autograd: scores are tensors whose backward pass is the kernels' own, so that any
/// objective written in torch operations trains the model.
/// </summary>
internal sealed class KernelScores : autograd.MultiTensorFunction<KernelScores>
{
    public override string Name => nameof(KernelScores);

    /// <summary>Scores of a batch; differentiable with respect to <paramref name="inputs"/> (embeddings first, if given).</summary>
    public static List<Tensor> Run(KernelCall call, IReadOnlyList<Tensor> inputs) => apply([call, .. inputs]);

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var call = (KernelCall)vars[0];
        ctx.save_data("call", call);
        // Torch would make the zeros of an unused output from a tensor that lies in the caller's dispose scope, and may be gone by then.
        ctx.set_materialize_grads(false);
        return call.Forward();
    }

    public override List<Tensor?> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var gradients = ((KernelCall)ctx.get_data("call")).Backward(grad_outputs);
        // The engine reads these after this method has returned: until the graph goes, nobody may collect them.
        ctx.save_data("gradients", gradients);
        return [null, .. gradients];
    }
}

/// <summary>One batch to be scored: the pass, and the tensors it reads.</summary>
internal sealed unsafe class KernelCall(ScorePass pass, SimdEngine engine, TokenBatch batch, Tensor? embeddings, ScoreOutputs outputs)
{
    private readonly Tensor? vectors = embeddings?.detach().to(ScalarType.Float32).contiguous().DetachFromDisposeScope();

    /// <summary>Log-probabilities, then what else was asked for, in the order of the flags.</summary>
    public List<Tensor> Forward()
    {
        long rows = batch.Rows, length = batch.Length;
        var tensors = new List<Tensor> { zeros([rows, length]) };
        if (outputs.HasFlag(ScoreOutputs.Entropies)) { tensors.Add(zeros([rows, length])); }
        if (outputs.HasFlag(ScoreOutputs.Hidden)) { tensors.Add(zeros([rows, length, engine.Model.HiddenSize])); }
        if (outputs.HasFlag(ScoreOutputs.Logits)) { tensors.Add(zeros([rows, length, engine.Model.VocabularySize])); }
        pass.Forward(engine.EffectiveWeights(), Pointer(vectors), Pointers(tensors));
        return tensors;
    }

    /// <summary>Gradients of the embeddings, if there are any, and of everything trainable.</summary>
    public List<Tensor?> Backward(List<Tensor> slopes)
    {
        using var scope = NewDisposeScope();
        using var without = no_grad();
        // The first is always read; of the others, those that the objective does not use are left out.
        var dense = slopes.Select((slope, output) => !slope.IsInvalid ? slope.to(ScalarType.Float32).contiguous() : output == 0 ? zeros([batch.Rows, batch.Length]) : null).ToList();
        var gradient = zeros([engine.Size]);
        var byEmbeddings = vectors is null ? null : zeros_like(vectors);
        pass.Backward(Pointers(dense), Pointer(vectors), Pointer(byEmbeddings), Pointer(gradient));
        var found = new List<Tensor?>();
        if (byEmbeddings is not null) { found.Add(byEmbeddings); }
        found.AddRange(engine.TrainableGradients(gradient));
        return found.ConvertAll(tensor => tensor?.MoveToOuterDisposeScope());
    }

    private ScorePointers Pointers(IReadOnlyList<Tensor?> tensors)
    {
        var next = 1;
        float* Next(ScoreOutputs output) => outputs.HasFlag(output) ? Pointer(tensors[next++]) : null;
        var pointers = new ScorePointers { LogProbabilities = Pointer(tensors[0]) };
        pointers.Entropies = Next(ScoreOutputs.Entropies);
        pointers.Hidden = Next(ScoreOutputs.Hidden);
        pointers.Logits = Next(ScoreOutputs.Logits);
        return pointers;
    }

    /// <summary>Torch's memory does not move; the tensors outlive the call that uses it.</summary>
    private static float* Pointer(Tensor? tensor)
    {
        if (tensor is null || tensor.numel() == 0) { return null; }
        fixed (byte* first = tensor.bytes) { return (float*)first; }
    }
}
