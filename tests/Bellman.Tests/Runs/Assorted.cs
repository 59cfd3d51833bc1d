namespace Bellman.Tests.Runs;

/// <summary>One of every kind of value that state may hold.</summary>
public sealed class Assorted : IStateful
{
    public enum Colour { Red, Green = 7 }

    public float Small;
    public double Real;
    public int Whole;
    public long Large;
    public ulong Positive;
    public uint Natural;
    public byte Byte;
    public short Little;
    public bool Bool;
    public Colour Enum;
    public string? Text;
    public readonly float[] Block = new float[3];
    public readonly bool[] Flags = new bool[3];
    public double[] List = [];

    /// <summary>What the disk answers when state is being saved, for tests of failing writes.</summary>
    public Exception? Failure;

    public static Assorted Example() => new()
    {
        Small = 0.1f,
        Real = 1.0 / 3,
        Whole = int.MinValue,
        Large = long.MaxValue - 1,
        Positive = ulong.MaxValue - 1,
        Natural = uint.MaxValue,
        Byte = 200,
        Little = -300,
        Bool = true,
        Enum = Colour.Green,
        Text = "tab\t and \"quotes\"",
        Block = { [0] = float.NaN, [1] = -0f, [2] = float.Epsilon },
        Flags = { [1] = true },
        List = [double.NaN, double.NegativeInfinity, Math.PI],
    };

    public void Exchange(StateExchange state)
    {
        if (Failure is not null && !state.IsLoading) { throw Failure; }
        state.Value("single", ref Small);
        state.Value("double", ref Real);
        state.Value("int", ref Whole);
        state.Value("long", ref Large);
        state.Value("ulong", ref Positive);
        state.Value("uint", ref Natural);
        state.Value("byte", ref Byte);
        state.Value("short", ref Little);
        state.Value("bool", ref Bool);
        state.Value("enum", ref Enum);
        state.Text("text", ref Text);
        state.Part("inner", new Blocks(this));
    }

    private sealed class Blocks(Assorted owner) : IStateful
    {
        public void Exchange(StateExchange state)
        {
            state.Array<float>("block", owner.Block);
            state.Array<bool>("flags", owner.Flags);
            state.List("list", ref owner.List);
        }
    }
}
