using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>
/// Gradient checkpointing: a function of a tensor is computed without keeping what is inside it, and computed again when
/// its gradient is wanted (Chen et al. 2016).
/// </summary>
internal sealed class RecomputedBlock : autograd.SingleTensorFunction<RecomputedBlock>
{
    public override string Name => nameof(RecomputedBlock);

    /// <summary><paramref name="function"/> of <paramref name="x"/>, which reads the <paramref name="leaves"/> too.</summary>
    public static Tensor Run(Func<Tensor, Tensor> function, Tensor x, IReadOnlyList<Tensor> leaves) => apply([x, function, leaves, .. leaves]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        if (vars is not [Tensor x, Func<Tensor, Tensor> function, IReadOnlyList<Tensor> leaves, ..]) { throw new ArgumentException("A tensor, a function and its leaves are expected.", nameof(vars)); }
        ctx.save_for_backward([x]);
        ctx.save_data("function", function);
        ctx.save_data("leaves", leaves);
        using var scope = NewDisposeScope();
        return function(x).MoveToOuterDisposeScope();
    }

    public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var function = (Func<Tensor, Tensor>)ctx.get_data("function");
        var leaves = (IReadOnlyList<Tensor>)ctx.get_data("leaves");
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        var x = ctx.get_saved_variables()[0].detach().requires_grad_();
        var y = function(x);
        var found = autograd.grad([y], [x, .. leaves], [grad_output]).Select(gradient => gradient.MoveToOuterDisposeScope()).ToList();
        // The engine reads these after this method has returned: until the graph goes, nobody may collect them.
        ctx.save_data("gradients", found);
        return [found[0], null, null, .. found.Skip(1)];
    }
}
