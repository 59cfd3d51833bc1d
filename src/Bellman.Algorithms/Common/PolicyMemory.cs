namespace Bellman.Algorithms;

/// <summary>
/// What the recurrent networks of a policy remember of each copy's episode: a block [copies, memory size] a network.
/// A policy without memory has no blocks, and everything here does nothing.
/// </summary>
public sealed class PolicyMemory : IStateful
{
    private readonly int[] sizes;
    private readonly float[][] blocks;

    /// <summary>Empty memories of <paramref name="copies"/> copies.</summary>
    /// <param name="copies">Rows.</param>
    /// <param name="sizes">Floats that each network remembers.</param>
    public PolicyMemory(int copies, IReadOnlyList<int> sizes)
    {
        Copies = copies;
        this.sizes = [.. sizes];
        blocks = Array.ConvertAll(this.sizes, size => new float[copies * size]);
    }

    /// <summary>Rows.</summary>
    public int Copies { get; }

    /// <summary>Whether nothing is remembered.</summary>
    public bool IsEmpty => blocks.Length == 0;

    /// <summary>[rows, memory size] of network <paramref name="index"/>, of the first <paramref name="rows"/> rows.</summary>
    public Span<float> Rows(int index, int rows) => blocks[index].AsSpan(0, rows * sizes[index]);

    /// <summary>Forgets the episode of each copy that <paramref name="begins"/> another one.</summary>
    public void Forget(ReadOnlySpan<bool> begins)
    {
        for (var row = 0; row < begins.Length; row++)
        {
            if (begins[row]) { Forget(row); }
        }
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        foreach (var block in blocks) { Array.Clear(block); }
    }

    /// <summary>Takes over all rows of <paramref name="other"/>, which has as many.</summary>
    public void CopyFrom(PolicyMemory other)
    {
        for (var i = 0; i < blocks.Length; i++) { other.blocks[i].CopyTo(blocks[i], 0); }
    }

    /// <summary>Row k becomes row rows[k] of <paramref name="other"/>.</summary>
    public void Gather(PolicyMemory other, ReadOnlySpan<int> rows)
    {
        for (var i = 0; i < blocks.Length; i++) { ReplayBuffer.Gather(other.blocks[i], sizes[i], rows, blocks[i]); }
    }

    /// <inheritdoc/>
    public void Exchange(StateExchange state)
    {
        for (var i = 0; i < blocks.Length; i++) { state.Array<float>($"network{i}", blocks[i]); }
    }

    private void Forget(int row)
    {
        for (var i = 0; i < blocks.Length; i++) { blocks[i].AsSpan(row * sizes[i], sizes[i]).Clear(); }
    }
}
