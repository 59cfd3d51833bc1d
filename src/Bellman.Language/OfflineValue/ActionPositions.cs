using static TorchSharp.torch;

namespace Bellman.Language;

/// <summary>The scored positions of logged responses, in row-major order, each with what was done and paid there and what came next.</summary>
internal sealed class ActionPositions
{
    private ActionPositions(long[] places, long[] tokens, float[] rewards, float[] done) => (Places, Tokens, Rewards, Done) = (tensor(places), tensor(tokens), tensor(rewards), tensor(done));

    /// <summary>Places in the batch: [positions].</summary>
    public Tensor Places { get; }

    /// <summary>Token ids: [positions].</summary>
    public Tensor Tokens { get; }

    /// <summary>Paid at the token: [positions].</summary>
    public Tensor Rewards { get; }

    /// <summary>1 at a response's last token: [positions].</summary>
    public Tensor Done { get; }

    public static ActionPositions Of(TokenBatch batch, IReadOnlyList<LoggedResponse> responses)
    {
        List<long> places = [], tokens = [];
        List<float> rewards = [], done = [];
        for (var row = 0; row < batch.Rows; row++)
        {
            var (logged, start) = (responses[row], row * batch.Length + responses[row].Prompt.Length);
            for (var t = 0; t < logged.Response.Length; t++)
            {
                if (!batch.Mask[start + t]) { continue; }
                places.Add(start + t);
                tokens.Add(logged.Response[t]);
                rewards.Add((float)logged.RewardAt(t));
                done.Add(t == logged.Response.Length - 1 ? 1 : 0);
            }
        }
        return new ActionPositions([.. places], [.. tokens], [.. rewards], [.. done]);
    }

    /// <summary>The values at the tokens that were taken: [positions].</summary>
    public Tensor Taken(Tensor table) => table.gather(1, Tokens.to(table.device).unsqueeze(1)).squeeze(1);

    /// <summary>V of the state that follows each position; of no meaning where a response ends.</summary>
    public static Tensor Following(Tensor values) => cat([values.narrow(0, 1, values.shape[0] - 1), zeros_like(values.narrow(0, 0, 1))]);
}
