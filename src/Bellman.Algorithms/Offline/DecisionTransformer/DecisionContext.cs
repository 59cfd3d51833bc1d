using Bellman.Neural;

namespace Bellman.Algorithms;

/// <summary>Where the parts of a context lie in a row of the network's inputs.</summary>
internal sealed class DecisionContext(CausalTransformerShape shape)
{
    /// <summary>Floats of a row.</summary>
    public int Size => shape.Inputs;

    /// <summary>[K]: returns to go.</summary>
    public Span<float> Returns(Span<float> row) => row[..shape.Context];

    /// <summary>[K, observation].</summary>
    public Span<float> Observations(Span<float> row) => row.Slice(shape.Context, shape.Context * shape.Observation);

    /// <summary>[K, action].</summary>
    public Span<float> Actions(Span<float> row) => row.Slice(shape.Context * (1 + shape.Observation), shape.Context * shape.Action);

    /// <summary>[K]: time steps.</summary>
    public Span<float> Times(Span<float> row) => row.Slice(shape.Context * (1 + shape.Observation + shape.Action), shape.Context);

    /// <summary>[K]: 1 for a step, 0 for padding.</summary>
    public Span<float> Mask(Span<float> row) => row[^shape.Context..];

    /// <summary>Writes one step at place k of a row.</summary>
    public void Write(Span<float> row, int k, double returnToGo, ReadOnlySpan<float> observation, int time)
    {
        Returns(row)[k] = (float)returnToGo;
        observation.CopyTo(Observations(row)[(k * shape.Observation)..]);
        Times(row)[k] = time;
        Mask(row)[k] = 1;
    }

    /// <summary>The action at place k.</summary>
    public Span<float> Action(Span<float> row, int k) => Actions(row).Slice(k * shape.Action, shape.Action);

    /// <summary>Makes room for one more step at the end.</summary>
    public void Shift(Span<float> row)
    {
        foreach (var (start, size) in (ReadOnlySpan<(int, int)>)[(0, 1), (shape.Context, shape.Observation), (shape.Context * (1 + shape.Observation), shape.Action),
            (shape.Context * (1 + shape.Observation + shape.Action), 1), (shape.Context * (2 + shape.Observation + shape.Action), 1)])
        {
            var part = row.Slice(start, shape.Context * size);
            part[size..].CopyTo(part);
            part[^size..].Clear();
        }
    }
}
