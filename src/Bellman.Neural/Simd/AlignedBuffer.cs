using System.Runtime.InteropServices;

namespace Bellman.Neural;

/// <summary>Scratch memory on a cache-line boundary, zeroed, that grows and never shrinks.</summary>
internal sealed unsafe class AlignedBuffer : IDisposable
{
    private const int CacheLine = 64;
    private nuint capacity;

    public float* Pointer { get; private set; }

    public void EnsureCapacity(long floats)
    {
        var bytes = (nuint)floats * sizeof(float);
        if (bytes <= capacity) { return; }
        Free();
        Pointer = (float*)NativeMemory.AlignedAlloc(bytes, CacheLine);
        NativeMemory.Clear(Pointer, bytes);
        capacity = bytes;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    ~AlignedBuffer() => Free();

    private void Free()
    {
        if (Pointer is not null) { NativeMemory.AlignedFree(Pointer); }
        Pointer = null;
        capacity = 0;
    }
}
