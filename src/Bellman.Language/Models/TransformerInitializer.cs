namespace Bellman.Language;

/// <summary>
/// Draws initial weights: normal with the configuration's deviation, smaller by sqrt(2 layers) where a block writes to the
/// residual stream (Radford et al. 2019, section 2.3); gains 1, biases 0. Each tensor has a stream of its own name.
/// </summary>
internal static class TransformerInitializer
{
    public static void Initialize(WeightStore weights, TransformerConfiguration model, RandomStream random)
    {
        foreach (var place in weights.Layout.Weights)
        {
            var values = new float[place.Size];
            if (place.Shape.Length == 2)
            {
                var writes = place.Name.EndsWith("o_proj.weight", StringComparison.Ordinal) || place.Name.EndsWith("down_proj.weight", StringComparison.Ordinal);
                var deviation = model.InitialDeviation / (writes ? Math.Sqrt(2.0 * model.Layers) : 1);
                var stream = random.Child(place.Name);
                foreach (ref var value in values.AsSpan()) { value = (float)(deviation * stream.NextGaussian()); }
            }
            else if (!place.Name.EndsWith(".bias", StringComparison.Ordinal)) { Array.Fill(values, 1); }
            weights.Write(place, values);
        }
    }
}
