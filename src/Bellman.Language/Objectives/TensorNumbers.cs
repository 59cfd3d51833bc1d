using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>Numbers into tensors and back.</summary>
public static class TensorNumbers
{
    /// <summary>A scalar tensor's value, whatever its type.</summary>
    public static double ToDouble(this Tensor scalar)
    {
        using var wide = scalar.detach().to(ScalarType.Float64).cpu();
        return wide.item<double>();
    }

    /// <summary>All values in row-major order, whatever the type.</summary>
    public static double[] ToDoubles(this Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
    }

    /// <summary>A tensor like <paramref name="like"/> in type and device.</summary>
    public static Tensor Like(this double[] values, Tensor like, params long[] shape) =>
        tensor(values, shape.Length == 0 ? [values.Length] : shape).to(like.dtype).to(like.device);
}
