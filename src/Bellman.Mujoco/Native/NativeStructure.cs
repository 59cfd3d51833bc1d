using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bellman.Mujoco;

/// <summary>The eight counts with which mjModel begins.</summary>
internal readonly record struct ModelCounts(int Positions, int Velocities, int Controls, int Activations, int Bodies, int Joints, int Geoms, int Sites)
{
    /// <summary>How many there are.</summary>
    public const int Fields = 8;
}

/// <summary>
/// A structure that the library has just allocated together with its buffers. Its memory is known from the library's own
/// requests for it, so that every word of it can be looked at, and only words that point into its buffers are followed.
/// </summary>
internal sealed unsafe class NativeStructure
{
    private const double Tolerance = 1e-12;

    // The library asks for memory through a variable of the process; only one structure is recorded at a time.
    private static readonly Lock Recording = new();
    private static List<(nint Address, nuint Size)> requests = [];

    private readonly List<(nint Address, nuint Size)> blocks;
    private readonly nuint size;

    private NativeStructure(nint address, List<(nint Address, nuint Size)> blocks)
    {
        Address = address;
        this.blocks = blocks;
        size = blocks.FirstOrDefault(block => block.Address == address).Size;
        if (size == 0) { throw NotUnderstood("a structure was not allocated as one block"); }
    }

    /// <summary>Where it begins.</summary>
    public nint Address { get; }

    /// <summary>Lets <paramref name="make"/> allocate a structure and notes what it is made of.</summary>
    public static NativeStructure Record(MujocoApi api, Func<nint> make)
    {
        lock (Recording)
        {
            var variable = (delegate* unmanaged[Cdecl]<nuint, void*>*)api.Get("mju_user_malloc");
            var before = *variable;
            requests = [];
            *variable = &Allocate;
            var address = make();
            *variable = before;
            return new NativeStructure(address, requests);
        }
    }

    /// <summary>The offset of the double that is <paramref name="value"/>.</summary>
    public int FindValue(string name, double value) => Only(name, [.. Offsets(sizeof(double)).Where(offset => *(double*)(Address + offset) == value)]);

    /// <summary>The offset of the pointer to memory that begins with <paramref name="values"/>.</summary>
    public int FindArray<T>(string name, T[] values) where T : unmanaged, INumber<T> =>
        // Pointers stand in the order of their arrays, so an array without elements begins where the next one does: the last of equal pointers is meant.
        Only(name, [.. Offsets(sizeof(nint)).Where(offset => Holds(offset, values)).GroupBy(offset => *(nint*)(Address + offset)).Select(equal => equal.Last())]);

    /// <summary>How many pointers lead to memory that begins with <paramref name="values"/>.</summary>
    public int CountArrays(double[] values) => Offsets(sizeof(nint)).Count(offset => Holds(offset, values));

    /// <summary>The first numbers behind the pointer at <paramref name="offset"/>.</summary>
    public double[] ReadArray(int offset, int count)
    {
        var pointer = *(nint*)(Address + offset);
        return Covers(pointer, (nuint)count * sizeof(double)) ? new ReadOnlySpan<double>((void*)pointer, count).ToArray() : throw NotUnderstood($"nothing is behind the pointer at {offset}");
    }

    /// <summary>The library's structures are not those of a supported version.</summary>
    public static BellmanException NotUnderstood(string what) => new($"The MuJoCo library lays out its data in a way that is not known here: {what}. {MujocoLibrary.Install}");

    private IEnumerable<int> Offsets(int step) => Enumerable.Range(0, (int)size / step).Select(i => i * step);

    private bool Holds<T>(int offset, T[] values) where T : unmanaged, INumber<T>
    {
        var pointer = *(nint*)(Address + offset);
        if (!Covers(pointer, (nuint)(values.Length * sizeof(T)))) { return false; }
        for (var i = 0; i < values.Length; i++)
        {
            if (!(Math.Abs(double.CreateChecked(((T*)pointer)[i] - values[i])) <= Tolerance)) { return false; }
        }
        return true;
    }

    private bool Covers(nint pointer, nuint bytes) =>
        blocks.Any(block => block.Address != Address && pointer >= block.Address && (nuint)(pointer - block.Address) + bytes <= block.Size);

    private static int Only(string name, int[] offsets) => offsets.Length == 1 ? offsets[0]
        : throw NotUnderstood(offsets.Length == 0 ? $"{name} was not found" : $"{name} could be at any of the offsets {string.Join(", ", offsets)}");

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void* Allocate(nuint bytes)
    {
        // MuJoCo lays arrays out by their addresses and expects blocks to begin at multiples of 64.
        var address = NativeMemory.AlignedAlloc(bytes, 64);
        requests.Add(((nint)address, bytes));
        return address;
    }
}
